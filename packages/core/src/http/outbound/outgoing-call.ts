import { type RefusedCall } from '../../outbound/retry.js';
import { type CallBody } from './call-body.js';

/** What both clients let one call say beside what `fetch` and axios know. */
export interface CallOptions {
  /**
   * Whether ours takes the place of an `Authorization` header that the call sets. Default false: that is an error. Where
   * the destination wants no token, none is sent.
   */
  readonly overrideAuthorization?: boolean | undefined;
  /**
   * For whom the call is made, whatever the record of a minting destination says; for any other it must agree with it.
   * Default: as the destination says.
   */
  readonly onBehalfOf?: 'user' | 'service' | undefined;
  /**
   * The scopes that the token must carry: all of these, and no others. One that the caller's token does not have is
   * `scope_escalation`. Default: as many of the destination's as the caller's token has.
   */
  readonly scopes?: readonly string[] | undefined;
}

/** One call as the application made it, whichever the client. */
export interface OutgoingCall extends CallOptions {
  /** Without a fragment. */
  readonly url: URL;
  /** Upper case. */
  readonly method: string;
  readonly body: unknown;
  readonly signal: AbortSignal | undefined;
  /** The application's own limit, which can only shorten the destination's. */
  readonly timeoutMs: number | undefined;
  /** Why it cannot be made as it is configured; undefined where it can. */
  readonly obstacle: string | undefined;
  hasHeader(name: string): boolean;
}

/** One attempt at a call: what is to be sent. */
export interface Attempt {
  /** To be set in place of what is there. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: CallBody | undefined;
  readonly signal: AbortSignal;
  /** Why the call ended, once the signal says that it did. */
  readonly reason: () => Error;
}

/** How a client sends, and reads what came back. */
export interface Transport<Answer> {
  /** Sends, and follows no redirect. Answers of any status resolve. */
  send(attempt: Attempt): Promise<Answer>;
  /** What a 401 says. The answer can still be read as if nobody had. */
  refusalOf(answer: Answer): RefusedCall;
  /** Lets go of an answer that nobody will read. */
  discard(answer: Answer): void;
}

/** Headers that carry tokens: nobody but us sets them. */
export const TOKEN_HEADERS = ['Authorization', 'JWT', 'Delegation-Proof'] as const;
