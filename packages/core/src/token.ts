import { type KeyObject } from 'node:crypto';

/**
 * The token and how far it has come. Each type below can be made by one step only, so that a step cannot be left out:
 * `readUnverified` -> UnverifiedToken, `verifySignature` -> SignedToken, `validateClaims` -> ValidatedToken.
 */

/** The `typ` of a service token: a token that a service mints with its own key for one called service. */
export const SERVICE_TOKEN_TYPE = 'svc+jwt';

/**
 * Whether a token looks like a signed JWT (RFC 7515 section 7.1). Any other is opaque to us, also an encrypted one, which has
 * five parts.
 */
export function hasThreeParts(token: string): boolean {
  const second = token.indexOf('.', token.indexOf('.') + 1);
  return second !== -1 && !token.includes('.', second + 1);
}

/** The members of a JOSE header that this suite reads (RFC 7515 section 4.1). Others are ignored or refused. */
export interface TokenHeader {
  readonly alg: string;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
}

/** A claim set as it was parsed. Names come from outside: read them with `claim()`. */
export type Claims = Readonly<Record<string, unknown>>;

/** A token that was taken apart, and of which nothing is known yet. */
export interface UnverifiedToken {
  readonly header: TokenHeader;
  readonly claims: Claims;
  /** What the signature covers: header and claims as they were sent, each character an octet (RFC 7515 section 5.1). */
  readonly signingInput: string;
  readonly signature: Buffer;
}

/** The service that signed a token, as its trust record names it. */
export interface Caller {
  /** The `name` of the trust record, which `@Callers()` compares. */
  readonly name: string;
  readonly issuer: string;
}

declare const progress: unique symbol;

/**
 * A token that the caller vouches for: its signature was verified with a key of the caller, or the caller was asked about
 * it. Its claims are not validated yet.
 */
export interface SignedToken {
  readonly [progress]: 'signed';
  readonly caller: Caller;
  /** `introspection` for an opaque token. */
  readonly keyId: string;
  /** Undefined for an opaque token, which has none. */
  readonly header: TokenHeader | undefined;
  readonly claims: Claims;
}

/** A signed token whose signature was verified: an opaque one has none. */
export interface KeySignedToken extends SignedToken {
  /** The public key that verified it. */
  readonly key: KeyObject;
  readonly header: TokenHeader;
}

/** A token whose signature and claims hold. Body, delegation, replay and policy are other steps. */
export interface ValidatedToken {
  readonly [progress]: 'validated';
  readonly caller: Caller;
  readonly keyId: string;
  readonly isServiceToken: boolean;
  readonly issuer: string;
  readonly subject: string | undefined;
  /** The OAuth client that another issuer's token was issued to, where it says so. */
  readonly client: string | undefined;
  /** Whether nobody is behind the service or client that the token was issued to. */
  readonly speaksForItself: boolean;
  /** Every service that the token is meant for; ours is among them. */
  readonly audiences: readonly string[];
  /** Seconds since the epoch, as are `issuedAt` and `notBefore`. */
  readonly expiresAt: number;
  readonly issuedAt: number | undefined;
  readonly notBefore: number | undefined;
  readonly tokenId: string | undefined;
  /** The scopes that the token names, not yet cut to what the caller may have. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly transactionId: string | undefined;
  /** Undefined where the token does not say who may act for its subject. */
  readonly mayAct: EligibleActor | undefined;
  /** Undefined for a plain bearer token. */
  readonly binding: TokenBinding | undefined;
  readonly claims: Claims;
}

/** The party that a token allows to act for its subject: its `may_act` claim (RFC 8693 section 4.4). */
export interface EligibleActor {
  /** The issuer that identifies the party by this subject, if the token names one. */
  readonly issuer: string | undefined;
  readonly subject: string;
}

/** Whether a token lets a service act for its subject: it names nobody, or the service by its identifier. */
export function letsAct(mayAct: EligibleActor | undefined, service: string): boolean {
  return mayAct === undefined || (mayAct.subject === service && (mayAct.issuer ?? service) === service);
}

/** The claims that tie a token to one request, or to one client, as they stand in it: nothing is known of their form. */
export interface TokenBinding {
  /** Whether its issuer calls it a DPoP token, which has a key in `cnf`. */
  readonly isDpop: boolean;
  readonly bdy: unknown;
  readonly htm: unknown;
  readonly htu: unknown;
  readonly cnf: unknown;
}

/** Reads one claim; what `Object.prototype` holds is not a claim. */
export function claim(claims: Claims, name: string): unknown {
  const value = claims[name];
  return value !== undefined && Object.hasOwn(claims, name) ? value : undefined;
}
