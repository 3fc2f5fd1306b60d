import { CountersignError, type FaultCode } from '../../errors.js';
import { type AuthorizedCall, type Authorizer } from '../../outbound/authorizer.js';
import { retryableRefusal, type RefusedCall } from '../../outbound/retry.js';
import { type Destination } from '../../outbound/destination.js';
import { TIMEOUT_HEADER } from '../request/remaining-time.js';
import { type RequestScope } from '../request/request-scope.js';
import { isStream, readBody, type CallBody } from './call-body.js';
import { CallDeadline } from './call-deadline.js';
import { TOKEN_HEADERS, type OutgoingCall, type Transport } from './outgoing-call.js';
import { OutgoingDecisions, type OutgoingDecisionsOptions } from './outgoing-decisions.js';

/** The longest wait for an answer to a call that no destination describes. */
const UNDECLARED_TIMEOUT_MS = 10_000;

/** Answers that send the caller elsewhere (RFC 9110 section 15.4). A token never follows. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A call on its way through the steps. */
interface PreparedCall {
  readonly call: OutgoingCall;
  readonly destination: Destination | undefined;
  readonly deadline: CallDeadline;
  readonly body: CallBody | undefined;
}

/** The options of `OutgoingCalls`. */
export interface OutgoingCallsOptions extends OutgoingDecisionsOptions {
  readonly authorizer: Authorizer;
  /**
   * In bytes. Where the token is bound to the body, a stream is read before it is sent; a longer one fails with
   * `body_not_bindable`. Default 1,048,576.
   */
  readonly maxBufferedBodyBytes?: number;
  /** `tokenHeaders` of the verifier: a call must not carry them on, as it must not carry `Authorization`. */
  readonly tokenHeaders?: readonly string[] | undefined;
}

/** Sends calls with the tokens of their destinations. What `AuthorizedFetch` and axios share (`docs/outbound.md`). */
export class OutgoingCalls {
  readonly #scope: RequestScope;
  readonly #decisions: OutgoingDecisions;
  readonly #authorizer: Authorizer;
  readonly #maxBufferedBodyBytes: number;
  readonly #tokenHeaders: readonly string[];

  constructor(options: OutgoingCallsOptions) {
    const { authorizer, maxBufferedBodyBytes = 1_048_576, tokenHeaders = [], ...recording } = options;
    this.#scope = recording.scope;
    this.#decisions = new OutgoingDecisions(recording);
    this.#authorizer = authorizer;
    this.#maxBufferedBodyBytes = maxBufferedBodyBytes;
    this.#tokenHeaders = tokenHeaders;
  }

  /**
   * Sends one call, and once more with a new token when the called service proves that its handler did not run.
   * @throws CountersignError: then nothing was sent, or `redirect_refused`; and whatever the transport throws.
   */
  async send<Answer>(call: OutgoingCall, transport: Transport<Answer>): Promise<Answer> {
    let destination: Destination | undefined;
    try {
      destination = this.#authorizer.destinationOf(call.url);
      const prepared = await this.#prepare(call, destination);
      const authorized = await this.#authorize(prepared, false);
      const answer = await this.#attempt(prepared, authorized, transport, undefined);
      const code = await this.#mayRetry(prepared, transport.refusalOf(answer), authorized);
      if (code === undefined) return answer;
      const again = await this.#authorize(prepared, true).catch((fault: unknown) => {
        transport.discard(answer);
        throw fault;
      });
      // No other token can be had: what was refused would be again.
      if (again.issued?.token === authorized.issued?.token) return answer;
      transport.discard(answer);
      return await this.#attempt(prepared, again, transport, code);
    } catch (fault) {
      if (fault instanceof CountersignError) this.#decisions.refused(call, fault, destination);
      throw fault;
    }
  }

  async #prepare(call: OutgoingCall, destination: Destination | undefined): Promise<PreparedCall> {
    refuseUnsendable(call);
    refuseOwnToken(call, destination, this.#tokenHeaders);
    const limit = destination?.timeoutMs ?? UNDECLARED_TIMEOUT_MS;
    const deadline = new CallDeadline({
      timeoutMs: Math.min(limit, call.timeoutMs ?? limit),
      remainingMs: this.#scope.remainingMs,
      signal: call.signal,
    });
    const body =
      isStream(call.body) && !signsBodies(destination)
        ? { stream: call.body }
        : await deadline.within(readBody(call.body, this.#maxBufferedBodyBytes, deadline.signal));
    return { call, destination, deadline, body };
  }

  #authorize({ call, deadline, body }: PreparedCall, renew: boolean): Promise<AuthorizedCall> {
    const { url, method, onBehalfOf, scopes } = call;
    const outbound = { url, method, body: body !== undefined && 'bytes' in body ? body.bytes : undefined };
    const how = { renew, onBehalfOf, scopes };
    return deadline.within(this.#authorizer.authorize(outbound, this.#scope.authentication, how));
  }

  async #attempt<Answer>(
    { call, deadline, body }: PreparedCall,
    authorized: AuthorizedCall,
    transport: Transport<Answer>,
    refusedBefore: FaultCode | undefined,
  ): Promise<Answer> {
    this.#decisions.allowed(call, authorized, refusedBefore);
    const timeout = { name: TIMEOUT_HEADER, value: String(deadline.remainingMs) };
    // Our own header goes only where our tokens go.
    const headers = authorized.issued === undefined ? authorized.headers : [...authorized.headers, timeout];
    const tokenHeaders = this.#tokenHeaders;
    const attempt = { headers, tokenHeaders, body, signal: deadline.signal, reason: () => deadline.reason() };
    const answer = await sendWithin(deadline, () => transport.send(attempt));
    const { status } = transport.refusalOf(answer);
    if (REDIRECTS.has(status)) {
      transport.discard(answer);
      const problem = `${call.url.origin} answered ${String(status)}; redirects are not followed`;
      throw new CountersignError('redirect_refused', problem);
    }
    return answer;
  }

  /** Why the call may be made again. After any 401 the calls that follow get another token, whether it may or not. */
  async #mayRetry(
    { body, deadline, destination }: PreparedCall,
    refusal: RefusedCall,
    authorized: AuthorizedCall,
  ): Promise<FaultCode | undefined> {
    if (refusal.status !== 401 || !this.#authorizer.tokenRefused(authorized)) return undefined;
    if (body !== undefined && 'stream' in body) return undefined;
    return sendWithin(deadline, () => retryableRefusal(refusal, destination));
  }
}

/**
 * The answer to a `TRACE` repeats the token, and the target of a `CONNECT` is not a path (RFC 9110 sections 9.3.6 and
 * 9.3.8). `fetch` sends none of these either.
 */
const REFUSED_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** @throws CountersignError `config_invalid` for a call that would not be made as it is signed. */
function refuseUnsendable({ method, obstacle }: OutgoingCall): void {
  if (obstacle !== undefined)
    throw new CountersignError('config_invalid', `the outgoing call is not sent: ${obstacle}`);
  if (REFUSED_METHODS.has(method))
    throw new CountersignError('config_invalid', `the outgoing call is not sent: its method is ${method}`);
}

/** @throws CountersignError `authorization_present`, unless the call says that ours takes its place. */
function refuseOwnToken(
  call: OutgoingCall,
  destination: Destination | undefined,
  tokenHeaders: readonly string[],
): void {
  const credential = destination?.staticCredential?.header ?? [];
  const present = [...TOKEN_HEADERS, ...tokenHeaders, credential].flat().find((name) => call.hasHeader(name));
  if (present === undefined || call.overrideAuthorization === true) return;
  const problem = `the outgoing call sets ${present} itself; leave it to Countersign, or say overrideAuthorization`;
  throw new CountersignError('authorization_present', problem);
}

/** Whether tokens for that destination are bound to the body, which must then be known before it is sent. */
function signsBodies(destination: Destination | undefined): boolean {
  return destination?.authorize === 'mint' && destination.bodyBinding === 'required';
}

/** Lets the transport end by the signal itself, and says why it did. */
async function sendWithin<T>(deadline: CallDeadline, send: () => Promise<T>): Promise<T> {
  try {
    deadline.signal.throwIfAborted();
    return await send();
  } catch (error) {
    throw deadline.signal.aborted ? deadline.reason() : error;
  }
}
