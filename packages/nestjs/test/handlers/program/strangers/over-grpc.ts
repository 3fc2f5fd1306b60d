import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { grpcPackage, type Text } from '../application/grpc.controller.js';
import { type Variant } from '../application/reached.js';
import { PATIENCE_MS, type Knock } from './knock.js';

type Answer = { readonly code: number; readonly details: string } | { readonly texts: readonly Text[] };

/** What Nest hands its call to as it is. */
const STREAM_CALLS: ReadonlySet<string> = new Set(['Call', 'Upload']);

/**
 * By the client of grpc-js.
 * @param filtered whether a filter sees what handlers throw. If not, Nest ends the process when a `@GrpcStreamCall()` throws anything.
 */
export async function knockOverGrpc(
  port: number,
  variants: readonly Variant[],
  filtered: boolean,
): Promise<readonly Knock[]> {
  const client = new Client(`127.0.0.1:${String(port)}`, credentials.createInsecure());
  try {
    return await Promise.all(
      variants.flatMap((variant) => {
        const service = grpcPackage(variants)[`handlers.${variant}`] ?? {};
        return Object.entries(service)
          .filter(([kind]) => filtered || variant !== 'throws' || !STREAM_CALLS.has(kind))
          .map(async ([kind, method]) => ({ variant, kind, answer: await call(client, method as Method) }));
      }),
    );
  } finally {
    client.close();
  }
}

interface Method {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: Text) => Buffer;
  readonly responseDeserialize: (octets: Buffer) => Text;
}

function call(client: Client, method: Method): Promise<Answer> {
  const { path, requestStream, responseStream, requestSerialize, responseDeserialize } = method;
  const options = { deadline: Date.now() + PATIENCE_MS };
  const sent: Text = { text: 'sent' };
  return new Promise((resolve) => {
    const texts: Text[] = [];
    const failed = ({ code, details }: ServiceError) => resolve({ code, details });
    const answered = (error: ServiceError | null, text?: Text) =>
      error === null ? resolve({ texts: text === undefined ? [] : [text] }) : failed(error);
    const received = <Stream extends NodeJS.ReadableStream>(stream: Stream): Stream =>
      stream
        .on('data', (text: Text) => texts.push(text))
        .on('error', failed)
        .on('end', () => resolve({ texts }));
    if (requestStream && responseStream) {
      const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, options);
      received(stream).write(sent);
      stream.end();
    } else if (requestStream) {
      const stream = client.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        options,
        answered,
      );
      stream.write(sent);
      stream.end();
    } else if (responseStream) {
      received(client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, sent, options));
    } else {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, sent, options, answered);
    }
  });
}
