import { hash } from 'node:crypto';
import { type Principal } from '../principal.js';

/** A decision: a request was accepted or refused, or an outgoing call got a token. It never contains a token. */
export interface DecisionRecord {
  readonly direction: 'inbound' | 'outbound';
  /** ISO 8601. */
  readonly time: string;
  readonly decision: 'allowed' | 'refused';
  /** The fault code of a refusal. Absent if an exception of the application refused the request. */
  readonly code?: string;
  /** The reason of the refusal, for operators. */
  readonly reason?: string;
  /** The `instance` of the problem document that the client received. */
  readonly instance?: string;
  readonly transactionId?: string;
  readonly method?: string;
  /** The pattern of the route, such as `/user/:id`. */
  readonly route?: string;
  /** The name of the called destination. */
  readonly destination?: string;
  /** The name of the service that called. */
  readonly caller?: string;
  readonly subject?: string;
  /** The chain of acting services, newest first. */
  readonly actors?: readonly string[];
  readonly audience?: string;
  readonly scopes?: readonly string[];
  /** Whether the token is bound to one request. */
  readonly bound?: boolean;
  /** Whether the token was accompanied by a delegation proof. */
  readonly proven?: boolean;
  /** For the second token of a call: the code with which the called service refused the first. */
  readonly retriedAfter?: string;
  /** The `kid` of the key that signed the token. */
  readonly keyId?: string;
  /** A hash of the token's `jti`, to match the records of caller and called service. */
  readonly tokenIdHash?: string;
  /** Seconds since the epoch. */
  readonly expiresAt?: number;
}

/** Receives one decision record for each request to a route that is not public, and for each token of an outgoing call. */
export interface DecisionRecorder {
  /** Must not throw and must not block. */
  record(decision: DecisionRecord): void;
  /** Returns false if a record of this decision would be discarded now, so that none is made. Default: always true. */
  isListening?(decision: DecisionRecord['decision']): boolean;
}

/** The members of a record that come from a principal. */
export function describePrincipal(principal: Principal): Partial<DecisionRecord> {
  return {
    transactionId: principal.transactionId,
    caller: principal.caller.name,
    ...(principal.subject !== undefined && { subject: principal.subject }),
    actors: principal.actors,
    scopes: [...principal.scopes],
    ...(principal.tokenId !== undefined && { tokenIdHash: tokenIdHash(principal.tokenId) }),
    expiresAt: principal.expiresAt,
  };
}

/** base64url of the SHA-256 of a `jti`, cut to 16 characters. */
export function tokenIdHash(tokenId: string): string {
  return hash('sha256', tokenId, 'base64url').slice(0, 16);
}

/** The time as records write it. */
export function isoTime(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString();
}
