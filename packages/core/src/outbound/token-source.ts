import { type Authentication } from '../principal.js';
import { type Destination } from './destination.js';

/** An outgoing call, exactly as it will be sent. */
export interface OutboundCall {
  readonly url: URL;
  /** Upper case. */
  readonly method: string;
  /** The bytes of the body. Undefined for no body. */
  readonly body: Uint8Array | undefined;
}

/** What a token is asked for. */
export interface TokenRequest {
  readonly call: OutboundCall;
  readonly destination: Destination;
  /** How the request that is being served was authenticated; undefined outside of one. */
  readonly authentication: Authentication | undefined;
}

/** A token for an outgoing call, with its claims for decision records. Calls share it, so it is frozen. */
export interface IssuedToken {
  /** The compact token. Never log it. */
  readonly token: string;
  readonly claims: IssuedClaims;
}

/** The claims of a token that was minted, obtained or propagated. */
export interface IssuedClaims {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string | undefined;
  readonly scopes: readonly string[];
  /** Newest first. */
  readonly actors: readonly string[];
  /** Undefined for a token of an authorization server. */
  readonly transactionId: string | undefined;
  readonly tokenId: string | undefined;
  /** Undefined for a token that this service did not sign. */
  readonly keyId: string | undefined;
  /** Seconds since the epoch. */
  readonly issuedAt: number | undefined;
  readonly expiresAt: number;
  /** Whether it is bound to one request and its body. */
  readonly bound: boolean;
}

/** Where the tokens for a destination come from. */
export interface TokenSource {
  /** @throws CountersignError when no token can be had: then nothing is sent. */
  offer(request: TokenRequest): TokenOffer;
}

/** A token that a source is ready to issue. */
export interface TokenOffer {
  /** Everything that decides what the token says: equal keys may share a token. Undefined when each call needs its own. */
  readonly cacheKey: string | undefined;
  /** @throws CountersignError when no token can be had: then nothing is sent. */
  issue(): Promise<IssuedToken>;
}
