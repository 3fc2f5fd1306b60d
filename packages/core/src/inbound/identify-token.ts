import { type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { whenReady, type Awaitable } from '../lib/awaitable.js';
import {
  claim,
  hasThreeParts,
  type SignedToken,
  type UnverifiedToken,
  type ValidatedToken,
} from '../token.js';
import { type TrustedIssuer, type TrustStore } from '../trust/trust-store.js';
import { requireToken } from './extract-token.js';
import { type Introspector } from './introspection/introspector.js';
import { type Sender } from './introspection/questions.js';
import { readUnverified } from './read-unverified.js';
import { type CheckedToken, type Recall, type RecalledToken } from './recall.js';
import { checkTimes, validateClaims } from './validate-claims.js';
import { verifySignature } from './verify-signature.js';

/** What tokens are held against. */
export interface TokenRules {
  /** The identifier of this service. */
  readonly service: string;
  readonly trust: TrustStore;
  readonly introspector: Introspector | undefined;
  readonly recall: Recall;
  readonly clock: Clock;
  readonly maxTokenBytes: number;
  readonly acceptTokensFromSelf: boolean;
}

/** A token that its issuer vouches for, and whose claims hold. */
export interface IdentifiedToken extends Pick<RecalledToken, 'token' | 'issuer'> {
  /** Whom it speaks for, where recall knows. */
  readonly identity?: RecalledToken['identity'];
  /** What recall is told once the whole request is accepted; undefined for a token that is never recalled, or was. */
  readonly checked?: CheckedToken;
}

/**
 * Steps 2 to 5 of `docs/inbound.md`: what is true of a token whatever the request. A token that was accepted before is
 * recalled, and only its times are checked again; the issuer of an opaque one is asked about it.
 * @param sent what was sent as the token; nothing is known of it.
 * @param sender who is asked for when an issuer has to be.
 * @returns a promise where a key, a signature or an issuer has to be waited for.
 * @throws CountersignError with the code of the first step that fails.
 */
export function identifyToken(sent: string, sender: Sender, rules: TokenRules): Awaitable<IdentifiedToken> {
  const { introspector, recall, clock } = rules;
  // Never recalled: only what its issuer said of it is kept, and for as long as the trust record lets it.
  if (introspector !== undefined && !hasThreeParts(sent))
    return askAbout(sent, sender, { introspector, rules });
  const recalled = recall.find(sent);
  if (recalled === undefined) return verifyToken(sent, rules);
  checkTimes(recalled.token, recalled.issuer, clock.now());
  return recalled;
}

/** Reads the token, finds its issuer, verifies its signature and validates its claims. */
function verifyToken(sent: string, rules: TokenRules): Awaitable<IdentifiedToken> {
  const unverified = readSent(sent, rules.maxTokenBytes);
  const issuer = rules.trust.trusted(claim(unverified.claims, 'iss'));
  return whenReady(verifySignature(unverified, issuer), (signed) => {
    const { header, key } = signed;
    const token = validated(signed, issuer, rules);
    return { token, issuer, checked: { token, issuer, kid: header.kid, key } };
  });
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

/** The same for an opaque token. */
async function askAbout(
  sent: string,
  sender: Sender,
  { introspector, rules }: { readonly introspector: Introspector; readonly rules: TokenRules },
): Promise<IdentifiedToken> {
  const { maxTokenBytes } = rules;
  requireToken(sent);
  if (sent.length > maxTokenBytes)
    throw new CountersignError('token_too_large', `the token is larger than ${String(maxTokenBytes)} bytes`);
  const { issuer } = introspector;
  const token = validated(await introspector.vouch(sent, sender), issuer, rules);
  return { token, issuer };
}

function validated(signed: SignedToken, issuer: TrustedIssuer, rules: TokenRules): ValidatedToken {
  return validateClaims(signed, issuer, {
    audience: rules.service,
    now: rules.clock.now(),
    acceptTokensFromSelf: rules.acceptTokensFromSelf,
    alias: issuer.audience,
    mayLackAudience: issuer.claims.optional.includes('aud'),
  });
}
