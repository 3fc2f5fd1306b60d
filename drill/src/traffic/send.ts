import { Agent, request, type IncomingMessage } from 'node:http';

/** One request, complete. */
export interface Call {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What came back. */
export interface Answer {
  /**
   * The status, with the code of a problem and a `Retry-After`: `200`, `401 key_unknown`,
   * `503 keys_unavailable Retry-After`; without an answer, what failed: `ECONNRESET`.
   */
  readonly outcome: string;
  /** From sending the request to the end of its answer. */
  readonly ms: number;
  readonly retryAfterSeconds?: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Sends a request over a connection that is kept. Never rejects: a broken connection is an outcome too. */
export async function send(call: Call): Promise<Answer> {
  const sentAt = performance.now();
  const answer = await exchange(call).catch((error: unknown) => ({ outcome: failureOf(error) }));
  return { ...answer, ms: performance.now() - sentAt };
}

async function exchange({ url, method, headers, body }: Call): Promise<Omit<Answer, 'ms'>> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { method, headers, agent }, resolve).on('error', reject).end(body);
  });
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  const status = String(response.statusCode);
  const outcome = status < '400' ? status : `${status} ${codeOf(text)}`;
  const retryAfter = response.headers['retry-after'];
  if (retryAfter === undefined) return { outcome };
  return { outcome: `${outcome} Retry-After`, retryAfterSeconds: Number(retryAfter) };
}

function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  return 'code' in error ? String(error.code) : error.message;
}

function codeOf(text: string): string {
  const problem: unknown = JSON.parse(text);
  return typeof problem === 'object' && problem !== null && 'code' in problem ? String(problem.code) : '';
}
