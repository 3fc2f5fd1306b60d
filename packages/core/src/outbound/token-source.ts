import { type Authentication } from '../principal.js';
import { type Destination } from './destination.js';

/** One call that is about to leave, exactly as it will be sent. */
export interface OutboundCall {
  readonly url: URL;
  /** Upper case. */
  readonly method: string;
  /** The octets of the body; undefined for none. */
  readonly body: Uint8Array | undefined;
}

/** What a token is asked for. */
export interface TokenRequest {
  readonly call: OutboundCall;
  readonly destination: Destination;
  /** How the request that is being served was authenticated; undefined outside of one. */
  readonly authentication: Authentication | undefined;
}

/** A token that may be sent, and what it says, for decision records. Calls share it, so it cannot be changed. */
export interface IssuedToken {
  /** The compact token. Never log it. */
  readonly token: string;
  readonly claims: IssuedClaims;
}

/** The claims of a token that was issued or handed on. */
export interface IssuedClaims {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string | undefined;
  readonly scopes: readonly string[];
  /** Newest first. */
  readonly actors: readonly string[];
  /** Undefined for a token that another server issued. */
  readonly transactionId: string | undefined;
  readonly tokenId: string | undefined;
  /** Undefined for a token that another server signed. */
  readonly keyId: string | undefined;
  /** Seconds since the epoch. */
  readonly issuedAt: number | undefined;
  readonly expiresAt: number;
  /** Whether it is for one request with one body only. */
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
