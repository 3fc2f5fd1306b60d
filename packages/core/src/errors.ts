/** Whose fault a refusal is. The adapters turn a kind into a status and a header; core knows no HTTP. */
export type FaultKind = 'unauthenticated' | 'forbidden' | 'bad_request' | 'unavailable' | 'misconfigured';

interface FaultEntry {
  readonly kind: FaultKind;
  /** The one sentence that a client gets. Constant for each code. */
  readonly title: string;
  /** The HTTP status, only where it is not the kind's own. */
  readonly status?: number;
}

function faultTable<Code extends string>(
  table: Readonly<Record<Code, FaultEntry>>,
): Readonly<Record<Code, FaultEntry>> {
  return Object.freeze(table);
}

/** Every code that this suite answers or throws. A code is stable, and never reused for something else. */
export const FAULTS = faultTable({
  // The token is missing or unreadable.
  token_missing: { kind: 'unauthenticated', title: 'A token is required.' },
  request_malformed: {
    kind: 'bad_request',
    title: 'The Authorization header is malformed or sent more than once.',
  },
  token_malformed: { kind: 'unauthenticated', title: 'The token is malformed.' },
  token_too_large: { kind: 'unauthenticated', title: 'The token is too large.' },
  header_not_allowed: {
    kind: 'unauthenticated',
    title: 'The token header holds a parameter that is not accepted.',
  },
  token_type_not_allowed: { kind: 'unauthenticated', title: 'The token is of another type.' },

  // The signer or the signature is not good.
  issuer_untrusted: { kind: 'unauthenticated', title: 'The issuer is not trusted here.' },
  algorithm_not_allowed: { kind: 'unauthenticated', title: 'The signature algorithm is not accepted.' },
  key_unknown: { kind: 'unauthenticated', title: 'The signing key is not known.' },
  signature_invalid: { kind: 'unauthenticated', title: 'The signature is not valid.' },

  // The claims do not hold.
  claim_missing: { kind: 'unauthenticated', title: 'A required claim is missing.' },
  claim_invalid: { kind: 'unauthenticated', title: 'A claim is not valid.' },
  lifetime_too_long: { kind: 'unauthenticated', title: 'The token lives too long.' },
  token_expired: { kind: 'unauthenticated', title: 'The token has expired.' },
  token_not_yet_valid: { kind: 'unauthenticated', title: 'The token is not valid yet.' },
  token_issued_in_future: { kind: 'unauthenticated', title: 'The token was issued in the future.' },
  audience_mismatch: { kind: 'unauthenticated', title: 'The token is meant for another service.' },

  client_not_allowed: {
    kind: 'unauthenticated',
    title: 'The token was issued to a client that is not accepted here.',
  },
  token_inactive: { kind: 'unauthenticated', title: 'The token is not active.' },

  // The token does not belong to this request.
  body_binding_missing: { kind: 'unauthenticated', title: 'The token must be bound to the request body.' },
  body_mismatch: { kind: 'unauthenticated', title: 'The request body is not the one that was signed.' },
  binding_mismatch: { kind: 'unauthenticated', title: 'The method or path is not the one that was signed.' },
  token_replayed: { kind: 'unauthenticated', title: 'The token was used before.' },
  token_not_bound: { kind: 'unauthenticated', title: 'The token must be bound to a key of its client.' },
  binding_not_supported: {
    kind: 'unauthenticated',
    title: 'The token is bound in a way that is not checked here.',
  },
  dpop_proof_missing: {
    kind: 'unauthenticated',
    title: 'The token is bound to a key, and was sent without the proof of it.',
  },
  dpop_proof_invalid: { kind: 'unauthenticated', title: 'The DPoP proof is not valid.' },
  dpop_proof_replayed: { kind: 'unauthenticated', title: 'The DPoP proof was used before.' },
  dpop_nonce_required: {
    kind: 'unauthenticated',
    title: 'The DPoP proof must hold the nonce of this service.',
  },
  certificate_mismatch: {
    kind: 'unauthenticated',
    title: 'The client certificate is not the one that the token is bound to.',
  },
  body_too_large: { kind: 'bad_request', status: 413, title: 'The request body is too large.' },

  // The principal is known, and may not do this.
  delegation_unproven: { kind: 'forbidden', title: 'The call for this subject is not proven.' },
  delegation_not_allowed: { kind: 'forbidden', title: 'The caller may not act for this subject.' },
  actor_chain_too_deep: { kind: 'forbidden', title: 'The chain of actors is too long.' },
  user_required: { kind: 'forbidden', title: 'A user is required.' },
  caller_not_allowed: { kind: 'forbidden', title: 'The caller is not allowed here.' },
  scope_missing: { kind: 'forbidden', title: 'A required scope is missing.' },
  scope_escalation: {
    kind: 'forbidden',
    title: "This needs a call with a scope that the caller's token does not have.",
  },
  role_missing: { kind: 'forbidden', title: 'A required role is missing.' },
  subject_unknown: { kind: 'forbidden', title: 'The subject is not known here.' },
  policy_refused: { kind: 'forbidden', title: 'The principal may not do this.' },
  policy_missing: { kind: 'forbidden', title: 'This route does not say who may call it.' },

  // Ours: the caller's token may be perfectly good.
  keys_unavailable: {
    kind: 'unavailable',
    title: 'The keys to check the token cannot be had at the moment.',
  },
  introspection_unavailable: {
    kind: 'unavailable',
    title: 'The issuer of the token cannot be asked about it at the moment.',
  },
  replay_store_unavailable: {
    kind: 'unavailable',
    title: 'The replay store cannot be reached at the moment.',
  },
  caller_token_expired: {
    kind: 'unavailable',
    title: 'The token of this call expired while it was being served.',
  },
  token_unavailable: {
    kind: 'unavailable',
    title: 'A token for the called service cannot be had at the moment.',
  },
  deadline_exceeded: {
    kind: 'unavailable',
    title: 'There was no time left to call another service.',
  },

  // The application is set up wrongly, or its code asks for what cannot be.
  config_invalid: { kind: 'misconfigured', title: 'The service is not set up correctly.' },
  raw_body_unavailable: {
    kind: 'misconfigured',
    title: 'The service cannot see the request body as it was sent.',
  },
  transport_unsupported: { kind: 'misconfigured', title: 'This transport is not supported.' },
  destination_unknown: {
    kind: 'misconfigured',
    title: 'The service called a destination that is not declared.',
  },
  user_context_missing: { kind: 'misconfigured', title: 'The service lost the user that it calls for.' },
  propagation_not_allowed: {
    kind: 'misconfigured',
    title: "The caller's token is not meant for the called service.",
  },
  authorization_present: { kind: 'misconfigured', title: 'The outgoing call already carries a token.' },
  body_not_bindable: { kind: 'misconfigured', title: 'The body of the outgoing call cannot be signed.' },
  target_not_bindable: { kind: 'misconfigured', title: 'The address of the outgoing call cannot be signed.' },
  redirect_refused: { kind: 'misconfigured', title: 'The called service answered with a redirect.' },

  // Somebody rotates our own keys; no request ever gets these.
  rotation_too_early: { kind: 'misconfigured', title: 'It is too early for this step of the key rotation.' },
  rotation_not_possible: {
    kind: 'misconfigured',
    title: 'There is no key for this step of the key rotation.',
  },
});

/** The stable, machine-readable name of a refusal or failure. */
export type FaultCode = keyof typeof FAULTS;

/** What a fault may say beside its code. */
export interface FaultDetail {
  /** Scopes that the route needs, for the `scope` attribute of the challenge (RFC 6750 section 3.1). */
  readonly requiredScopes?: readonly string[];
  /** Seconds after which it makes sense to try again. */
  readonly retryAfterSeconds?: number;
  /** When a step of a key rotation becomes safe that is refused now. Seconds since the epoch. */
  readonly notBefore?: number;
  /** The nonce that the next DPoP proof must hold (RFC 9449 section 9). */
  readonly dpopNonce?: string;
  /** The library's or the system's error, for the operator's log; never shown to a client. */
  readonly cause?: unknown;
}

/**
 * What is wrong with the request, and not with the program: its stack would say nothing that the code does not, and to
 * write it down costs more than to refuse the request, which anybody can make us do.
 */
const WITHOUT_STACK: ReadonlySet<FaultKind> = new Set(['unauthenticated', 'bad_request']);

/** Marks the faults of every copy of this package that a process has loaded. */
const FAULT = Symbol.for('countersign:fault');

/**
 * A refusal or failure with a stable code.
 * The message is for operators and names what failed and what to do. It holds no token, no key and no claim value.
 * `instanceof` also recognises the faults of another copy of this package, unless this copy does not know their code.
 */
export class CountersignError extends Error {
  override readonly name = 'CountersignError';
  readonly code: FaultCode;
  readonly kind: FaultKind;
  readonly requiredScopes: readonly string[];
  readonly retryAfterSeconds: number | undefined;
  readonly notBefore: number | undefined;
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
