import { randomUUID } from 'node:crypto';
import { whenReady, type Awaitable } from '../awaitable.js';
import { isWrite } from '../binding.js';
import { type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { type Introspector } from '../introspection/introspector.js';
import { type TrustedIssuer, type TrustStore } from '../keys/trust-store.js';
import { toPrincipal, type Authentication } from '../principal.js';
import { claim, type SignedToken, type UnverifiedToken, type ValidatedToken } from '../token.js';
import { checkBinding, type BoundRequest } from './body-binding.js';
import { checkConfirmation } from './confirmation.js';
import { checkDelegation } from './delegation.js';
import { type DpopRules } from './dpop-options.js';
import { extractCredentials, requireToken, type Credentials, type TokenRequest } from './extract-token.js';
import { readUnverified } from './read-unverified.js';
import { type CheckedToken, type Recall } from './recall.js';
import { checkTimes, validateClaims } from './validate-claims.js';
import { verifySignature } from './verify-signature.js';

/** What a verifier reads of a request. */
export interface InboundRequest extends TokenRequest, BoundRequest {
  /**
   * The client's certificate in DER, from the TLS connection itself and never from a header (RFC 8705 section 3). Asked for
   * only when a token is bound to one. Default: there is none.
   */
  readonly clientCertificate?: () => Uint8Array | undefined;
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
  if (introspector !== undefined && !token.includes('.'))
    return askAbout(token, introspector, parts).then((vouched) => accept(vouched, sent, request, parts));
  const name = recall.nameOf(token);
  const recalled = recall.find(name);
  if (recalled !== undefined) {
    checkTimes(recalled.token, recalled.issuer, clock.now());
    return accept(recalled, sent, request, parts);
  }
  return whenReady(check(token, parts), (checked) =>
    accept(checked, sent, request, parts, (actors) => {
      recall.remember(name, { ...checked, actors }, token.length, clock.now());
    }),
  );
}

/** A token that its issuer vouches for, and whose claims hold. */
type Vouched = Pick<CheckedToken, 'token' | 'issuer' | 'actors'>;

/** Steps 2 to 5: what is true of a token whatever the request. */
function check(sent: string, parts: VerifierParts): Awaitable<CheckedToken> {
  const unverified = readSent(sent, parts.maxTokenBytes);
  const issuer = parts.trust.trusted(claim(unverified.claims, 'iss'));
  return whenReady(verifySignature(unverified, issuer), (signed) => {
    const token = validated(signed, issuer, parts);
    return { token, issuer, kid: unverified.header.kid, key: signed.key, actors: undefined };
  });
}

/** The same for an opaque token, by asking its issuer. */
async function askAbout(sent: string, introspector: Introspector, parts: VerifierParts): Promise<Vouched> {
  const { maxTokenBytes } = parts;
  requireToken(sent);
  if (sent.length > maxTokenBytes)
    throw new CountersignError('token_too_large', `the token is larger than ${String(maxTokenBytes)} bytes`);
  const { issuer } = introspector;
  const token = validated(await introspector.vouch(sent), issuer, parts);
  return { token, issuer, actors: undefined };
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

/** Steps 6 to 8: what depends on the request, and so is done for every one. */
function accept(
  vouched: Vouched,
  sent: Credentials,
  request: InboundRequest,
  parts: VerifierParts,
  remember?: (actors: Vouched['actors']) => void,
): Awaitable<Authentication> {
  const { token, issuer } = vouched;
  return whenReady(confirmationOf(vouched, sent, request, parts), (proofUse) =>
    whenReady(checkBinding(token, issuer, request, parts.service), (bound) =>
      whenReady(delegationOf(vouched, request, parts), ({ actors, proofs }) => {
        const allowedScopes = issuer.scopes;
        const principal = toPrincipal(token, { allowedScopes, actors, newTransactionId: randomUUID });
        const singleUse = bound && isWrite(request.method) ? singleUseOf(token, issuer) : undefined;
        remember?.(proofs.length === 0 ? actors : undefined);
        return {
          principal,
          token: sent.token,
          proofs,
          keyId: token.keyId,
          audiences: [...token.audiences],
          roles: new Set(token.roles),
          bound,
          singleUse,
          proofUse,
        };
      }),
    ),
  );
}

function confirmationOf(
  { token, issuer }: Vouched,
  sent: Credentials,
  { method, url, rawHeaders, clientCertificate }: InboundRequest,
  { clock, dpop }: VerifierParts,
) {
  const confirmed = { method, url, rawHeaders, clientCertificate, now: clock.now(), ...sent };
  return checkConfirmation(token, issuer, confirmed, dpop);
}

function delegationOf(
  { actors, issuer, token }: Vouched,
  { rawHeaders }: InboundRequest,
  parts: VerifierParts,
) {
  if (actors !== undefined) return { actors, proofs: [] };
  const { clock, maxTokenBytes, recall, trust } = parts;
  return checkDelegation(token, issuer, { rawHeaders, trust, recall, now: clock.now(), maxTokenBytes });
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
