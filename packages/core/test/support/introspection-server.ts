import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

/** A question as it reached the issuer. */
export interface QuestionSeen {
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
}

/** An issuer that says of every token what a test lets it say. */
export interface IntrospectionServer {
  readonly endpoint: string;
  readonly questions: QuestionSeen[];
  /** How it answers from now on. */
  answer: (response: ServerResponse, question: QuestionSeen) => void;
  close(): Promise<void>;
}

/** Answers with JSON. */
export function saying(content: unknown, status = 200): IntrospectionServer['answer'] {
  return (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(typeof content === 'string' ? content : JSON.stringify(content));
}

export async function startIntrospectionServer(): Promise<IntrospectionServer> {
  const questions: QuestionSeen[] = [];
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const question = { authorization: request.headers.authorization, form };
      questions.push(question);
      server.answer(response, question);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: IntrospectionServer = {
    endpoint: `http://127.0.0.1:${String((http.address() as AddressInfo).port)}/introspect`,
    questions,
    answer: saying({ active: false }),
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}
