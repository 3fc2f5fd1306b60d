import { randomUUID } from 'node:crypto';
import { FAULTS, type CountersignError, type FaultCode, type FaultKind } from '../../errors.js';
import { challengeHeaders, type ChallengeOptions } from './challenge.js';

/** A problem document (RFC 9457). It holds the fixed title of the fault's code, and nothing from the request. */
export interface Problem {
  /** `urn:countersign:fault:<code>`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: FaultCode;
  /** The id under which an operator finds the record of this refusal. */
  readonly instance: string;
}

/** The answer to a fault over HTTP. Send `problem` as `application/problem+json`. */
export interface FaultAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: Problem;
}

/** The options of `toFaultAnswer`: what the answer says beside the fault. */
export interface FaultAnswerOptions extends ChallengeOptions {
  /** The identifier of this service: the realm of its challenges. */
  readonly service: string;
  readonly instance: string;
  /**
   * Whether a handler of the application threw the fault. The status is then 500 instead of 401: a caller may repeat a call that
   * got 401, because a 401 says that the handler did not run.
   */
  readonly thrownByHandler: boolean;
}

type Headers = Readonly<Record<string, string>>;

/** Makes the header that asks for other credentials. */
type Challenge = (error: Headers) => Headers;

/** Status and headers of each kind of fault (RFC 6750 section 3, RFC 9110 section 10.2.3). */
const BY_KIND: Readonly<
  Record<
    FaultKind,
    { readonly status: number; headers(fault: CountersignError, challenge: Challenge): Headers }
  >
> = {
  unauthenticated: {
    status: 401,
    headers: ({ code }, challenge) => challenge(code === 'token_missing' ? {} : { error: 'invalid_token' }),
  },
  bad_request: { status: 400, headers: (_fault, challenge) => challenge({ error: 'invalid_request' }) },
  forbidden: {
    status: 403,
    headers: ({ requiredScopes }, challenge) =>
      challenge(
        requiredScopes.length > 0 ? { error: 'insufficient_scope', scope: requiredScopes.join(' ') } : {},
      ),
  },
  // The token may be perfectly good, so there is no challenge.
  unavailable: {
    status: 503,
    headers: ({ retryAfterSeconds }) => ({ 'Retry-After': String(Math.ceil(retryAfterSeconds ?? 1)) }),
  },
  misconfigured: { status: 500, headers: () => ({}) },
};

/**
 * Makes the answer to a fault: its status, its headers with the challenge, and its problem document. The operator's message and
 * the cause of the fault are not in it.
 * @see RFC 6750 section 3, RFC 9457
 * @example
 * const answer = toFaultAnswer(fault, { service, instance: newInstance(), thrownByHandler: false, dpop: verifier.dpop });
 * response.writeHead(answer.status, { ...answer.headers, 'Content-Type': 'application/problem+json' });
 * response.end(JSON.stringify(answer.problem));
 */
export function toFaultAnswer(
  fault: CountersignError,
  { service, instance, thrownByHandler, ...options }: FaultAnswerOptions,
): FaultAnswer {
  const challenge: Challenge = (error) => challengeHeaders(fault, service, error, options);
  const entry = FAULTS[fault.code];
  const byKind = BY_KIND[thrownByHandler && fault.kind === 'unauthenticated' ? 'misconfigured' : fault.kind];
  const status = ('status' in entry ? entry.status : undefined) ?? byKind.status;
  return {
    status,
    headers: { 'Cache-Control': 'no-store', ...byKind.headers(fault, challenge) },
    problem: {
      type: `urn:countersign:fault:${fault.code}`,
      title: entry.title,
      status,
      code: fault.code,
      instance,
    },
  };
}

/** Makes the `instance` of a problem (RFC 9457 section 3.1.5): the id under which an operator finds its record. */
export function newInstance(): string {
  return `urn:uuid:${randomUUID()}`;
}
