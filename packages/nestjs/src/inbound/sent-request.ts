import { type BodyHashes, type InboundRequest, type WireBody } from '@countersign/core';
import { type RawRequest } from './luggage.js';
import { peerCertificate } from './peer-certificate.js';
import { type RequestState } from './request-scope.js';

/** A request of the framework as core's verifier reads it: what was sent, whatever routers and parsers made of it. */
export class SentRequest implements InboundRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly #request: RawRequest;
  readonly #body: WireBody;

  constructor({ request, body }: RequestState) {
    this.method = request.method ?? '';
    this.url = sentUrl(request);
    this.rawHeaders = request.rawHeaders;
    this.#request = request;
    this.#body = body;
  }

  body(): Promise<BodyHashes> {
    return this.#body.hashes();
  }

  clientCertificate(): Uint8Array | undefined {
    return peerCertificate(this.#request.socket);
  }
}

/** Frameworks rewrite `url` where routers are mounted, and keep what was sent. */
export function sentUrl(request: RawRequest): string {
  return request.originalUrl ?? request.url ?? '';
}
