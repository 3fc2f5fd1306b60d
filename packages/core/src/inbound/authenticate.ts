import { whenReady, type Awaitable } from '../lib/awaitable.js';
import { isWrite } from '../binding.js';
import { type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { type Introspector } from './introspection/introspector.js';
import { type TrustedIssuer, type TrustStore } from '../trust/trust-store.js';
import { toIdentity, toPrincipal, type Authentication, type Identity } from '../principal.js';
import {
  claim,
  hasThreeParts,
  type SignedToken,
  type UnverifiedToken,
  type ValidatedToken,
} from '../token.js';
import { checkBinding, type BoundRequest } from './body-binding.js';
import { checkConfirmation } from './proof-of-possession/confirmation.js';
import { checkDelegation } from './delegation/delegation.js';
import { type DpopRules } from './proof-of-possession/dpop-options.js';
import { type ProofUse } from './proof-of-possession/dpop-proof.js';
import { extractCredentials, requireToken, type Credentials, type TokenRequest } from './extract-token.js';
import { readUnverified } from './read-unverified.js';
import { type CheckedToken, type Recall, type RecalledToken } from './recall.js';
import { checkTimes, validateClaims } from './validate-claims.js';
import { verifySignature } from './verify-signature.js';

/** What a verifier reads of a request. */
export interface InboundRequest extends TokenRequest, BoundRequest {
  /**
   * The client's certificate in DER, from the TLS connection itself and never from a header (RFC 8705 section 3). Asked for
   * only when a token is bound to one. Default: there is none.
   */
  readonly clientCertificate?: () => Uint8Array | undefined;
  /**
   * The IP address of the client. Behind a proxy the one that a proxy of yours tells, and no text that a client can choose.
   * Asked for only when the issuer of an opaque token is, whose questions are shared by address. Default: all are one.
   */
  readonly clientAddress?: () => string | undefined;
}

/** What requests are held against. */
export interface VerifierParts {
  readonly service: string;
  readonly trust: TrustStore;
  readonly introspector: Introspector | undefined;
  readonly recall: Recall;
  readonly dpop: DpopRules;
  readonly clock: Clock;
  readonly maxTokenBytes: number;
  readonly acceptTokensFromSelf: boolean;
}

/**
 * Steps 1 to 8 of `docs/inbound.md`, the middle ones from memory where the token was accepted before. This file is the table
 * of contents of `inbound/`.
 * @throws CountersignError with the code of the first step that fails, also by the promise.
 */
export function authenticate(request: InboundRequest, parts: VerifierParts): Awaitable<Authentication> {
  const sent = extractCredentials(request);
  if (sent === undefined) throw new CountersignError('token_missing', 'the request carries no token');
  const { clock, introspector, recall } = parts;
  const { token } = sent;
  // Never recalled: only what its issuer said of it is kept, and for as long as the trust record lets it.
  if (introspector !== undefined && !hasThreeParts(token))
    return askAbout(request, token, { introspector, parts }).then((vouched) =>
      accept({ vouched, sent, request, parts }),
    );
  const recalled = recall.find(token);
  if (recalled !== undefined) {
    checkTimes(recalled.token, recalled.issuer, clock.now());
    return accept({ vouched: recalled, sent, request, parts });
  }
  // Steps 2 to 5: what is true of a token whatever the request.
  const unverified = readSent(token, parts.maxTokenBytes);
  const issuer = parts.trust.trusted(claim(unverified.claims, 'iss'));
  return whenReady(verifySignature(unverified, issuer), (signed) => {
    const { header, key } = signed;
    const checked = { token: validated(signed, issuer, parts), issuer, kid: header.kid, key };
    return accept({ vouched: checked, sent, request, parts, checked });
  });
}

/** A token that its issuer vouches for, and whose claims hold. */
type Vouched = Pick<RecalledToken, 'token' | 'issuer'> & Partial<Pick<RecalledToken, 'identity'>>;

/** Steps 2 to 5 for an opaque token, by asking its issuer. */
async function askAbout(
  request: InboundRequest,
  sent: string,
  { introspector, parts }: { readonly introspector: Introspector; readonly parts: VerifierParts },
): Promise<Vouched> {
  const { maxTokenBytes } = parts;
  requireToken(sent);
  if (sent.length > maxTokenBytes)
    throw new CountersignError('token_too_large', `the token is larger than ${String(maxTokenBytes)} bytes`);
  const { issuer } = introspector;
  const token = validated(await introspector.vouch(sent, request), issuer, parts);
  return { token, issuer };
}

/** What can be read is one token; only what cannot has to be looked at once more, to say why. */
function readSent(sent: string, maxTokenBytes: number): UnverifiedToken {
  try {
    return readUnverified(sent, maxTokenBytes);
  } catch (error) {
    requireToken(sent);
    throw error;
  }
}

function validated(signed: SignedToken, issuer: TrustedIssuer, parts: VerifierParts): ValidatedToken {
  return validateClaims(signed, issuer, {
    audience: parts.service,
    now: parts.clock.now(),
    acceptTokensFromSelf: parts.acceptTokensFromSelf,
    alias: issuer.audience,
    mayLackAudience: issuer.claims.optional.includes('aud'),
  });
}

/** A request with a good token, on its way through the steps that depend on the request and so are done for every one. */
interface Acceptance {
  readonly vouched: Vouched;
  readonly sent: Credentials;
  readonly request: InboundRequest;
  readonly parts: VerifierParts;
  /** What recall is told once the request is accepted; undefined when it knows. */
  readonly checked?: CheckedToken;
}

/** Step 5a. */
function accept(acceptance: Acceptance): Awaitable<Authentication> {
  const { vouched, parts } = acceptance;
  const proofUse = checkConfirmation(vouched.token, vouched.issuer, acceptance, parts);
  if (proofUse === undefined) return acceptConfirmed(acceptance, undefined);
  return proofUse.then((use) => acceptConfirmed(acceptance, use));
}

/** Step 6. */
function acceptConfirmed(acceptance: Acceptance, proofUse: ProofUse | undefined): Awaitable<Authentication> {
  const { vouched, request, parts } = acceptance;
  const bound = checkBinding(vouched.token, vouched.issuer, request, parts.service);
  if (typeof bound === 'boolean') return acceptBound(acceptance, proofUse, bound);
  return bound.then((isBound) => acceptBound(acceptance, proofUse, isBound));
}

/** Step 7. */
function acceptBound(
  acceptance: Acceptance,
  proofUse: ProofUse | undefined,
  bound: boolean,
): Awaitable<Authentication> {
  const { identity, issuer, token } = acceptance.vouched;
  if (identity !== undefined) return answer(acceptance, proofUse, bound, { identity, proofs: [] });
  const { clock, maxTokenBytes, recall, trust } = acceptance.parts;
  const { rawHeaders } = acceptance.request;
  const context = { rawHeaders, trust, recall, now: clock.now(), maxTokenBytes };
  return whenReady(checkDelegation(token, issuer, context), (delegation) => {
    const identity = toIdentity(token, issuer, delegation);
    return answer(acceptance, proofUse, bound, { identity, proofs: delegation.proofs });
  });
}

/** Whom the token speaks for, and what proves it. */
interface Speaker {
  readonly identity: Identity;
  readonly proofs: readonly string[];
}

/** Step 8: nothing can refuse it any more. */
function answer(
  { vouched, sent, request, parts, checked }: Acceptance,
  proofUse: ProofUse | undefined,
  bound: boolean,
  { identity, proofs }: Speaker,
): Authentication {
  const { token, issuer } = vouched;
  const singleUse = bound && isWrite(request.method) ? singleUseOf(token, issuer) : undefined;
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
    bound,
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
