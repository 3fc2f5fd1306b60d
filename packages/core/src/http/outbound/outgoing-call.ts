import { type RefusedCall } from '../../outbound/retry.js';
import { type CallBody } from './call-body.js';

/** Options for the token of a call, in addition to the options of `fetch` or axios. */
export interface CallOptions {
  /**
   * Replaces an `Authorization` header that the call sets. Default false: such a call fails with `authorization_present`. No
   * header is sent if the destination takes no token.
   */
  readonly overrideAuthorization?: boolean | undefined;
  /**
   * Whether the call is made for the user or for this service. It may differ from the record of a destination with
   * `authorize: 'mint'`, and must equal any other. Default: as the record says.
   */
  readonly onBehalfOf?: 'user' | 'service' | undefined;
  /**
   * The exact scopes of the token. A scope that the caller's token does not have is refused with
   * `scope_escalation`. Default: those scopes of the destination that the caller's token has.
   */
  readonly scopes?: readonly string[] | undefined;
}

/** One call as the application made it, by `fetch` or by axios. */
export interface OutgoingCall extends CallOptions {
  /** Without a fragment. */
  readonly url: URL;
  /** Upper case. */
  readonly method: string;
  readonly body: unknown;
  readonly signal: AbortSignal | undefined;
  /** The application's own limit, which can only shorten the destination's. */
  readonly timeoutMs: number | undefined;
  /** Why the call cannot be sent as it is configured; undefined where it can. */
  readonly obstacle: string | undefined;
  hasHeader(name: string): boolean;
}

/** What one attempt at a call sends. */
export interface Attempt {
  /** Set these, and replace headers of the same name. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** Remove these, unless they are among `headers`. */
  readonly tokenHeaders: readonly string[];
  readonly body: CallBody | undefined;
  readonly signal: AbortSignal;
  /** The error that ended the call, once `signal` is aborted. */
  readonly reason: () => Error;
}

/** How a client sends an attempt, and reads the answer. */
export interface Transport<Answer> {
  /** Sends the attempt, and follows no redirect. Resolves for answers of any status. */
  send(attempt: Attempt): Promise<Answer>;
  /** What a 401 says. The answer can still be read in full. */
  refusalOf(answer: Answer): RefusedCall;
  /** Releases an answer that will not be read. */
  discard(answer: Answer): void;
}

/** Headers that carry tokens: only Countersign sets them. */
export const TOKEN_HEADERS = ['Authorization', 'JWT', 'Delegation-Proof'] as const;
