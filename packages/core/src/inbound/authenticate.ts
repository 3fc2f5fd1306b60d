import { isWrite } from '../binding.js';
import { CountersignError } from '../errors.js';
import { inOrder, isPromise, whenReady, type Awaitable, type Step } from '../lib/awaitable.js';
import { toIdentity, toPrincipal, type Authentication, type Identity } from '../principal.js';
import { type ValidatedToken } from '../token.js';
import { type TrustedIssuer } from '../trust/trust-store.js';
import { checkBinding, type BoundRequest } from './binding/body-binding.js';
import { checkDelegation } from './delegation/delegation.js';
import { extractCredentials, type Credentials, type TokenRequest } from './extract-token.js';
import { identifyToken, type IdentifiedToken, type TokenRules } from './identify-token.js';
import { checkConfirmation } from './proof-of-possession/confirmation.js';
import { type DpopRules } from './proof-of-possession/dpop-options.js';
import { type PublicAddresses } from './binding/public-addresses.js';
import { type ProofUse } from './proof-of-possession/dpop-proof.js';

/** What a verifier reads of a request. An HTTP adapter provides it. */
export interface InboundRequest extends TokenRequest, BoundRequest {
  /**
   * Returns the client certificate in DER, from the TLS connection and never from a header (RFC 8705 section 3). Called only
   * for a token that is bound to a certificate. Default: no certificate.
   */
  readonly clientCertificate?: () => Uint8Array | undefined;
  /**
   * Returns the IP address of the client. Behind a proxy, use the address that your proxy reports, never a header that clients
   * can set. Introspection requests are shared fairly by address. Default: all clients share one budget.
   */
  readonly clientAddress?: () => string | undefined;
}

/** What requests are held against. */
export interface VerifierParts extends TokenRules {
  readonly dpop: DpopRules;
  /** Undefined where paths are called as they arrive. */
  readonly publicAddresses: PublicAddresses | undefined;
  /** In small letters; undefined for the usual ones. */
  readonly tokenHeaders: readonly string[] | undefined;
}

/** A request with a good token, and what the checks that depend on the request have found so far. */
interface Candidate {
  readonly request: InboundRequest;
  readonly sent: Credentials;
  readonly identified: IdentifiedToken;
  readonly parts: VerifierParts;
  proofUse: ProofUse | undefined;
  isBound: boolean;
  /** Whom the token speaks for, and the tokens that prove it. */
  identity: Identity | undefined;
  proofs: readonly string[];
}

const NO_PROOFS: readonly string[] = Object.freeze([]);

/** What is checked for every request, also when its token is recalled. In this order. */
const REQUEST_CHECKS: readonly Step<Candidate>[] = [checkSender, checkRequest, checkSpeaker];

/**
 * Steps 1 to 8 of `docs/inbound.md`. This file is the table of contents of `inbound/`.
 * @returns a promise only where something has to be waited for.
 * @throws CountersignError with the code of the first step that fails, also by the promise.
 */
export function authenticate(request: InboundRequest, parts: VerifierParts): Awaitable<Authentication> {
  const sent = extractCredentials(request, parts.tokenHeaders);
  if (sent === undefined) throw new CountersignError('token_missing', 'the request carries no token');
  const arrived = { request, sent, parts };
  const identified = identifyToken(sent.token, request, parts);
  if (!isPromise(identified)) return checkAll(arrived, identified);
  return identified.then((token) => checkAll(arrived, token));
}

/** Steps 5a to 8. */
function checkAll(
  { request, sent, parts }: Pick<Candidate, 'request' | 'sent' | 'parts'>,
  identified: IdentifiedToken,
): Awaitable<Authentication> {
  const candidate: Candidate = {
    request,
    sent,
    identified,
    parts,
    proofUse: undefined,
    isBound: false,
    identity: identified.identity,
    proofs: NO_PROOFS,
  };
  const pending = inOrder(REQUEST_CHECKS, candidate);
  return pending === undefined ? accept(candidate) : pending.then(() => accept(candidate));
}

/** Step 5a. */
function checkSender(candidate: Candidate): Awaitable<void> {
  const { identified, parts } = candidate;
  const proofUse = checkConfirmation(identified.token, identified.issuer, candidate, parts);
  return proofUse?.then((use) => {
    candidate.proofUse = use;
  });
}

/** Step 6. */
function checkRequest(candidate: Candidate): Awaitable<void> {
  const { identified, parts, request } = candidate;
  const isBound = checkBinding(identified.token, identified.issuer, request, parts);
  return whenReady(isBound, (bound) => {
    candidate.isBound = bound;
  });
}

/** Step 7. */
function checkSpeaker(candidate: Candidate): Awaitable<void> {
  if (candidate.identity !== undefined) return undefined;
  const { issuer, token } = candidate.identified;
  const { clock, maxTokenBytes, recall, trust } = candidate.parts;
  const { rawHeaders } = candidate.request;
  const context = { rawHeaders, trust, recall, now: clock.now(), maxTokenBytes };
  return whenReady(checkDelegation(token, issuer, context), (delegation) => {
    candidate.identity = toIdentity(token, issuer, delegation);
    candidate.proofs = delegation.proofs;
  });
}

/** Step 8: nothing but a missing `jti` can refuse it any more. */
function accept(candidate: Candidate): Authentication {
  const { request, sent, identified, parts, proofUse, isBound, identity, proofs } = candidate;
  if (identity === undefined) throw new TypeError('no check said whom the token speaks for');
  const { token, issuer, checked } = identified;
  const singleUse = isBound && isWrite(request.method) ? singleUseOf(token, issuer) : undefined;
  if (checked !== undefined) {
    const accepted = { text: sent.token, now: parts.clock.now() };
    parts.recall.remember(accepted, checked, proofs.length === 0 ? identity : undefined);
  }
  return {
    principal: toPrincipal(identity),
    token: sent.token,
    proofs,
    keyId: token.keyId,
    audiences: token.audiences,
    roles: identity.roles,
    mayAct: token.mayAct,
    bound: isBound,
    singleUse,
    proofUse,
  };
}

/** A token is remembered by issuer and `jti` for as long as it would be accepted. */
function singleUseOf(token: ValidatedToken, issuer: TrustedIssuer): Authentication['singleUse'] {
  if (token.tokenId === undefined)
    throw new CountersignError('claim_missing', 'a single-use token needs a jti');
  return {
    key: JSON.stringify([token.issuer, token.tokenId]),
    expiresAt: token.expiresAt + issuer.clockToleranceSeconds,
  };
}
