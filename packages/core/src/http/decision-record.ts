import { hash } from 'node:crypto';
import { type Principal } from '../principal.js';

/** One decision: a request that was let in or refused, or a token that was given to an outgoing call. Never a token. */
export interface DecisionRecord {
  readonly direction: 'inbound' | 'outbound';
  /** ISO 8601. */
  readonly time: string;
  readonly decision: 'allowed' | 'refused';
  /** Why it was refused; absent when an exception of the application refused it. */
  readonly code?: string;
  /** The operator's sentence for the refusal. */
  readonly reason?: string;
  /** The `instance` of the problem that the client was answered with. */
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
  /** Newest first. */
  readonly actors?: readonly string[];
  readonly audience?: string;
  readonly scopes?: readonly string[];
  /** Whether the token is bound to one request. */
  readonly bound?: boolean;
  /** Whether a delegation proof came, or goes, along with the token. */
  readonly proven?: boolean;
  /** Says that this is the second token for one call, and with which code the called service refused the first. */
  readonly retriedAfter?: string;
  /** The `kid` of the key that signed the token. */
  readonly keyId?: string;
  /** Stands for the token's `jti`, so that both ends' records of one token can be matched. */
  readonly tokenIdHash?: string;
  /** Seconds since the epoch. */
  readonly expiresAt?: number;
}

/** Where decision records go: exactly one for each request to a route that is not public, and for each outgoing token. */
export interface DecisionRecorder {
  /** Must not throw, and must not wait for anything. */
  record(decision: DecisionRecord): void;
  /** Says `false` when nobody would see what is recorded now, so that no record is made. Without it there is always one. */
  isListening?(): boolean;
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
