import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo } from 'node:net';
import { tapBody, type WireBody } from '../../src/inbound/wire-body.js';
import { codeOf } from './scene.js';

/** One request as the server saw it. */
export interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: WireBody;
}

/** A real server that taps each request as it arrives, and hands it to the test. */
export interface TapServer {
  readonly port: number;
  /** The next request that arrives, tapped; nobody reads it unless the test does. */
  next(): Promise<Arrival>;
  close(): Promise<void>;
}

/** Starts it on a port of its own. */
export async function startTapServer(maxBodyBytes = 1_048_576, hashMd5 = false): Promise<TapServer> {
  const arrived: Arrival[] = [];
  const waiting: ((arrival: Arrival) => void)[] = [];
  const server: Server = createServer((request, response) => {
    const arrival = { request, response, body: tapBody(request, { maxBodyBytes, hashMd5 }) };
    const wake = waiting.shift();
    if (wake === undefined) arrived.push(arrival);
    else wake(arrival);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    next() {
      const arrival = arrived.shift();
      return arrival === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(arrival);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Reads a request to its end. */
export async function readAll(request: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What a tap says that is put on after `reader` was there. */
export async function codeOfLateTap(
  method: string,
  body: string,
  reader: (request: IncomingMessage) => Promise<unknown>,
  contentLength = Buffer.byteLength(body),
): Promise<string> {
  const server = createServer();
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const headers = { 'content-length': contentLength };
    const sent = httpRequest({ port: (server.address() as AddressInfo).port, method, headers });
    sent.on('error', () => undefined).flushHeaders();
    if (body !== '') sent.write(body);
    const [request] = (await once(server, 'request')) as [IncomingMessage];
    await reader(request);
    return await codeOf(tapBody(request, { maxBodyBytes: 1_048_576, hashMd5: false }).hashes());
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
