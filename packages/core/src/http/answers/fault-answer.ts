import { randomUUID } from 'node:crypto';
import { FAULTS, type CountersignError, type FaultCode, type FaultKind } from '../../errors.js';
import { challengeHeaders, type ChallengeOptions } from './challenge-headers.js';

/** A problem (RFC 9457): the code's fixed sentence, and nothing of the request. */
export interface Problem {
  /** `urn:countersign:fault:<code>`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: FaultCode;
  /** By which an operator finds the record of this refusal. */
  readonly instance: string;
}

/** How a fault is answered over HTTP. */
export interface FaultAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: Problem;
}

export interface FaultAnswerOptions extends ChallengeOptions {
  /** The identifier of this service: the realm of its challenges. */
  readonly service: string;
  readonly instance: string;
  /**
   * Whether code of the application threw it, and not the guards. Then the answer is 500 where it would be 401: after a
   * 401 callers may try again, because it says that the handler did not run.
   */
  readonly thrownByHandler: boolean;
}

type Headers = Readonly<Record<string, string>>;

/** The header that asks for other credentials, with what is wrong about these. */
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
  // The token may be perfectly good, so nobody is asked for another one.
  unavailable: {
    status: 503,
    headers: ({ retryAfterSeconds }) => ({ 'Retry-After': String(Math.ceil(retryAfterSeconds ?? 1)) }),
  },
  misconfigured: { status: 500, headers: () => ({}) },
};

/** Makes the answer to a fault: its status, its headers and its problem document. */
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

/** The `instance` of a problem (RFC 9457 section 3.1.5), by which an operator finds its record. */
export function newInstance(): string {
  return `urn:uuid:${randomUUID()}`;
}
