/**
 * Who has to act on a fault. `unauthenticated`, `forbidden` and `bad_request`: the client. `unavailable`: nobody, the client
 * may try again later. `misconfigured`: the operator of this service. HTTP adapters map the first four to 401, 403, 400 and
 * 503, and `misconfigured` to 500.
 */
export type FaultKind = 'unauthenticated' | 'forbidden' | 'bad_request' | 'unavailable' | 'misconfigured';

interface FaultEntry {
  readonly kind: FaultKind;
  /** The sentence that clients see. It is the same for every fault with this code. */
  readonly title: string;
  /** The HTTP status, where it differs from the usual one of the kind. */
  readonly status?: number;
}

function faultTable<Code extends string>(
  table: Readonly<Record<Code, FaultEntry>>,
): Readonly<Record<Code, FaultEntry>> {
  return Object.freeze(table);
}

/**
 * Every fault code, with its kind and the sentence that clients see. Codes are stable: a code is never given a second meaning.
 * `docs/faults.md` explains each of them.
 *
 * @example
 * FAULTS.token_expired.kind; // 'unauthenticated'
 */
export const FAULTS = faultTable({
  // The token is missing or cannot be read.
  token_missing: { kind: 'unauthenticated', title: 'A token is required.' },
  request_malformed: {
    kind: 'bad_request',
    title: 'The Authorization header is malformed or sent more than once.',
  },
  token_malformed: { kind: 'unauthenticated', title: 'The token is malformed.' },
  token_too_large: { kind: 'unauthenticated', title: 'The token is too large.' },
  header_not_allowed: {
    kind: 'unauthenticated',
    title: 'The token header contains a parameter that is not accepted.',
  },
  token_type_not_allowed: { kind: 'unauthenticated', title: 'The token type is not accepted.' },

  // The issuer, the key or the signature is not accepted.
  issuer_untrusted: { kind: 'unauthenticated', title: 'The issuer of the token is not trusted.' },
  algorithm_not_allowed: { kind: 'unauthenticated', title: 'The signature algorithm is not accepted.' },
  key_unknown: { kind: 'unauthenticated', title: 'The signing key of the token is unknown.' },
  signature_invalid: { kind: 'unauthenticated', title: 'The signature of the token is invalid.' },

  // A claim is missing or not accepted.
  claim_missing: { kind: 'unauthenticated', title: 'A required claim is missing.' },
  claim_invalid: { kind: 'unauthenticated', title: 'A claim is invalid.' },
  lifetime_too_long: { kind: 'unauthenticated', title: 'The lifetime of the token is too long.' },
  token_expired: { kind: 'unauthenticated', title: 'The token has expired.' },
  token_not_yet_valid: { kind: 'unauthenticated', title: 'The token is not yet valid.' },
  token_issued_in_future: { kind: 'unauthenticated', title: 'The token was issued in the future.' },
  audience_mismatch: { kind: 'unauthenticated', title: 'The token is for a different service.' },

  client_not_allowed: {
    kind: 'unauthenticated',
    title: 'The token was issued to a client that is not accepted.',
  },
  token_inactive: { kind: 'unauthenticated', title: 'The token is not active.' },

  // The token does not belong to this request.
  body_binding_missing: { kind: 'unauthenticated', title: 'The token must be bound to the request body.' },
  body_mismatch: { kind: 'unauthenticated', title: 'The request body differs from the one that was signed.' },
  binding_mismatch: {
    kind: 'unauthenticated',
    title: 'The method or path differs from the one that was signed.',
  },
  token_replayed: { kind: 'unauthenticated', title: 'The token has already been used.' },
  token_not_bound: { kind: 'unauthenticated', title: 'The token must be bound to a key of the client.' },
  binding_not_supported: {
    kind: 'unauthenticated',
    title: 'The token is bound by a method that this service does not support.',
  },
  dpop_proof_missing: {
    kind: 'unauthenticated',
    title: 'The token is bound to a key and requires a DPoP proof.',
  },
  dpop_proof_invalid: { kind: 'unauthenticated', title: 'The DPoP proof is invalid.' },
  dpop_proof_replayed: { kind: 'unauthenticated', title: 'The DPoP proof has already been used.' },
  dpop_nonce_required: {
    kind: 'unauthenticated',
    title: 'The DPoP proof must contain the nonce from this service.',
  },
  certificate_mismatch: {
    kind: 'unauthenticated',
    title: 'The client certificate does not match the token.',
  },
  body_too_large: { kind: 'bad_request', status: 413, title: 'The request body is too large.' },

  // The token is valid, but the request is not permitted.
  delegation_unproven: { kind: 'forbidden', title: 'Acting for this subject requires a delegation proof.' },
  delegation_not_allowed: { kind: 'forbidden', title: 'The caller may not act for this subject.' },
  actor_chain_too_deep: { kind: 'forbidden', title: 'The chain of actors is too long.' },
  user_required: { kind: 'forbidden', title: 'A user is required.' },
  caller_not_allowed: { kind: 'forbidden', title: 'The caller is not allowed to make this request.' },
  scope_missing: { kind: 'forbidden', title: 'A required scope is missing.' },
  scope_escalation: {
    kind: 'forbidden',
    title: "This request requires a scope that the caller's token does not have.",
  },
  role_missing: { kind: 'forbidden', title: 'A required role is missing.' },
  subject_unknown: { kind: 'forbidden', title: 'The subject is unknown.' },
  policy_refused: { kind: 'forbidden', title: 'This request is not permitted.' },
  policy_missing: { kind: 'forbidden', title: 'No access rule is defined for this route.' },

  // A dependency of this service failed; the token may be valid.
  keys_unavailable: {
    kind: 'unavailable',
    title: 'The keys needed to verify the token are temporarily unavailable.',
  },
  introspection_unavailable: {
    kind: 'unavailable',
    title: 'The token introspection service is temporarily unavailable.',
  },
  replay_store_unavailable: {
    kind: 'unavailable',
    title: 'The replay store is temporarily unavailable.',
  },
  caller_token_expired: {
    kind: 'unavailable',
    title: 'The token expired while the request was being processed.',
  },
  token_unavailable: {
    kind: 'unavailable',
    title: 'A token for a downstream service is temporarily unavailable.',
  },
  deadline_exceeded: {
    kind: 'unavailable',
    title: 'No time was left to call a downstream service.',
  },

  // The application is misconfigured, or its code asked for something impossible.
  config_invalid: { kind: 'misconfigured', title: 'The service is misconfigured.' },
  raw_body_unavailable: {
    kind: 'misconfigured',
    title: 'The service cannot read the raw request body.',
  },
  transport_unsupported: { kind: 'misconfigured', title: 'This transport is not supported.' },
  destination_unknown: {
    kind: 'misconfigured',
    title: 'The service called an undeclared destination.',
  },
  user_context_missing: {
    kind: 'misconfigured',
    title: 'The service no longer has the user of this request.',
  },
  propagation_not_allowed: {
    kind: 'misconfigured',
    title: "The caller's token is not for the downstream service.",
  },
  authorization_present: { kind: 'misconfigured', title: 'The outgoing call already has a token.' },
  body_not_bindable: { kind: 'misconfigured', title: 'The body of the outgoing call cannot be signed.' },
  target_not_bindable: { kind: 'misconfigured', title: 'The URL of the outgoing call cannot be signed.' },
  redirect_refused: { kind: 'misconfigured', title: 'The downstream service answered with a redirect.' },

  // Key rotation by an operator. Requests never get these.
  rotation_too_early: { kind: 'misconfigured', title: 'It is too early for this step of the key rotation.' },
  rotation_not_possible: {
    kind: 'misconfigured',
    title: 'There is no key for this step of the key rotation.',
  },
});

/** The stable, machine-readable name of a fault: a key of `FAULTS`. */
export type FaultCode = keyof typeof FAULTS;

/** Optional details of a `CountersignError`. */
export interface FaultDetail {
  /** The scopes that the route requires, for the `scope` attribute of the challenge (RFC 6750 section 3.1). */
  readonly requiredScopes?: readonly string[];
  /** The number of seconds after which a retry makes sense. */
  readonly retryAfterSeconds?: number;
  /** When the refused step of a key rotation becomes safe, in seconds since the epoch. */
  readonly notBefore?: number;
  /** The nonce that the next DPoP proof must contain (RFC 9449 section 9). */
  readonly dpopNonce?: string;
  /** The underlying error, for logs. Clients never see it. */
  readonly cause?: unknown;
}

/**
 * Faults of these kinds are caused by the request, not by the program. A stack trace would say nothing that the code does not
 * say, and capturing it would cost more than refusing the request, which anyone can trigger.
 */
const WITHOUT_STACK: ReadonlySet<FaultKind> = new Set(['unauthenticated', 'bad_request']);

/** Shared by all copies of this package in a process, so that each recognises the faults of the others. */
const FAULT = Symbol.for('countersign:fault');

/**
 * The error that Countersign throws for every refusal and failure, with a stable `code`.
 *
 * `message` is for operators: it says what failed and what to do. It never contains a token, a key or the value of a claim,
 * but it must not be sent to clients; send `FAULTS[error.code].title`. `instanceof` also recognises the errors of another
 * copy of this package, if this copy knows their code.
 *
 * @example
 * try {
 *   await verifier.authenticate(request);
 * } catch (error) {
 *   if (!(error instanceof CountersignError)) throw error;
 *   console.warn(error.code, FAULTS[error.code].title);
 * }
 */
export class CountersignError extends Error {
  override readonly name = 'CountersignError';
  /** What went wrong, such as `token_expired`. */
  readonly code: FaultCode;
  /** Who has to act. */
  readonly kind: FaultKind;
  /** The scopes that the route requires. Empty unless `code` is about scopes. */
  readonly requiredScopes: readonly string[];
  /** The number of seconds after which a retry makes sense, if known. */
  readonly retryAfterSeconds: number | undefined;
  /** When the refused step of a key rotation becomes safe, in seconds since the epoch. */
  readonly notBefore: number | undefined;
  /** The nonce that the next DPoP proof must contain. */
  readonly dpopNonce: string | undefined;

  constructor(code: FaultCode, message: string, detail: FaultDetail = {}) {
    const { kind } = FAULTS[code];
    const { stackTraceLimit } = Error;
    if (WITHOUT_STACK.has(kind)) Reflect.set(Error, 'stackTraceLimit', 0);
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
    this.code = code;
    this.kind = kind;
    this.requiredScopes = detail.requiredScopes ?? [];
    this.retryAfterSeconds = detail.retryAfterSeconds;
    this.notBefore = detail.notBefore;
    this.dpopNonce = detail.dpopNonce;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== CountersignError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return (
      value instanceof Error &&
      FAULT in value &&
      'code' in value &&
      typeof value.code === 'string' &&
      Object.hasOwn(FAULTS, value.code)
    );
  }
}
Object.defineProperty(CountersignError.prototype, FAULT, { value: true });
