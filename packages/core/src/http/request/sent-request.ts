import { type BodyHashes } from '../../body-hash.js';
import { type InboundRequest } from '../../inbound/authenticate.js';
import { type WireBody } from '../../inbound/wire-body.js';
import { peerCertificate } from './peer-certificate.js';
import { type HandledRequest, type RawRequest, type RequestState } from './request-state.js';

/** A request as the verifier reads it: as it was sent, before routers and parsers changed it. */
export class SentRequest implements InboundRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly token: string | undefined;
  readonly #request: RawRequest;
  readonly #handled: HandledRequest | undefined;
  readonly #body: WireBody;

  /** @param handled the request as a framework hands it to handlers; left out where there is no framework. */
  constructor({ request, body, token }: RequestState, handled?: HandledRequest) {
    this.method = request.method ?? '';
    this.url = sentUrl(request);
    this.rawHeaders = request.rawHeaders;
    this.token = token;
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

  /**
   * The address that the framework says, which follows a proxy's header only where its option to trust proxies allows it.
   * Without a framework, the peer of the connection.
   */
  clientAddress(): string | undefined {
    return this.#handled === undefined ? this.#request.socket.remoteAddress : this.#handled.ip;
  }
}

/** The request target as it was sent: frameworks rewrite `url` where routers are mounted. */
export function sentUrl(request: RawRequest): string {
  return request.originalUrl ?? request.url ?? '';
}
