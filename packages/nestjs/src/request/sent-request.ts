import { type BodyHashes, type InboundRequest, type WireBody } from '@countersign/core';
import { type HandledRequest, type RawRequest } from './attachments.js';
import { peerCertificate } from './peer-certificate.js';
import { type RequestState } from './request-scope.js';

/** A request of the framework as core's verifier reads it: what was sent, whatever routers and parsers made of it. */
export class SentRequest implements InboundRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly #request: RawRequest;
  readonly #handled: HandledRequest;
  readonly #body: WireBody;

  /** @param handled the request as the framework hands it to handlers. */
  constructor({ request, body }: RequestState, handled: HandledRequest) {
    this.method = request.method ?? '';
    this.url = sentUrl(request);
    this.rawHeaders = request.rawHeaders;
    this.#request = request;
    this.#handled = handled;
    this.#body = body;
  }

  body(): Promise<BodyHashes> {
    return this.#body.hashes();
  }

  clientCertificate(): Uint8Array | undefined {
    return peerCertificate(this.#request.socket);
  }

  /** As Express and Fastify understand it: what their option to trust a proxy lets count, else the peer of the connection. */
  clientAddress(): string | undefined {
    return this.#handled.ip;
  }
}

/** Frameworks rewrite `url` where routers are mounted, and keep what was sent. */
export function sentUrl(request: RawRequest): string {
  return request.originalUrl ?? request.url ?? '';
}
