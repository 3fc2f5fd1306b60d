import { Buffer } from 'node:buffer';
import { request as httpRequest, type Agent, type IncomingHttpHeaders } from 'node:http';

/** A request exactly as it goes over the wire: headers are neither joined nor reordered. */
export interface WireRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Uint8Array | string;
  /** Sends the body in these pieces, chunked, with a pause between them. */
  readonly pieces?: readonly Uint8Array[];
  readonly agent?: Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export function send(origin: string, wire: WireRequest): Promise<Answer> {
  const url = new URL(origin);
  const isWrite = wire.method !== undefined && !['GET', 'HEAD'].includes(wire.method);
  const body = wire.body === undefined && !isWrite ? undefined : Buffer.from(wire.body ?? '');
  const framing: [string, string][] = [];
  if (wire.pieces !== undefined) framing.push(['Transfer-Encoding', 'chunked']);
  else if (body !== undefined) framing.push(['Content-Length', String(body.length)]);
  const headers = [['Host', url.host], ...(wire.headers ?? []), ...framing].flat();
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: url.hostname,
        port: url.port,
        method: wire.method ?? 'GET',
        path: wire.path,
        headers,
        ...(wire.agent !== undefined && { agent: wire.agent }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = text !== '' && (response.headers['content-type'] ?? '').includes('json');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
          });
        });
      },
    );
    request.on('error', reject);
    if (wire.pieces === undefined) {
      request.end(body);
      return;
    }
    void (async () => {
      for (const piece of wire.pieces ?? []) {
        request.write(piece);
        await new Promise((next) => setImmediate(next));
      }
      request.end();
    })();
  });
}

export function bearer(token: string): readonly [string, string] {
  return ['Authorization', `Bearer ${token}`];
}
