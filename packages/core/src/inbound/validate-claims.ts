import { CountersignError, type FaultCode } from '../errors.js';
import { type ClaimPath } from '../trust/claim-profile.js';
import { normalTokenType } from '../trust/trust-record.js';
import { type TrustedIssuer } from '../trust/trust-store.js';
import {
  claim,
  SERVICE_TOKEN_TYPE,
  type Claims,
  type SignedToken,
  type TokenBinding,
  type ValidatedToken,
} from '../token.js';
import { claimAt, readParty } from './access-token-claims.js';
import { readMayAct } from './actors.js';
import { Memo } from '../lib/bounded-map.js';

/** What claims are held against. */
export interface ClaimExpectations {
  /** The identifier of this service. */
  readonly audience: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** Accepts tokens that this service itself signed. */
  readonly acceptTokensFromSelf: boolean;
  /** How the issuer names this service. Default: as `audience` does. */
  readonly alias?: string | undefined;
  /** Whether `aud` may be missing, because the client stands in for it. Default false. */
  readonly mayLackAudience?: boolean;
}

/** A `jti` is remembered for replay: bounded. */
const MAX_TOKEN_ID_LENGTH = 256;

/**
 * Validates type, presence, shape, lifetime, time and audience of the claims (RFC 7519 section 4.1, RFC 8725 section 3).
 * What is expected is required: there is no "absent means fine". The only maker of a ValidatedToken.
 * Does not check body binding, delegation or replay.
 * @throws CountersignError `token_type_not_allowed`, `claim_missing`, `claim_invalid`, `lifetime_too_long`,
 * `token_expired`, `token_not_yet_valid`, `token_issued_in_future`, `audience_mismatch`, `client_not_allowed`.
 */
export function validateClaims(
  token: SignedToken,
  issuer: TrustedIssuer,
  expected: ClaimExpectations,
): ValidatedToken {
  const { header, claims, caller, keyId } = token;
  // An opaque token has no header: that it is an access token was asked for.
  if (header !== undefined && !acceptsType(issuer, header.typ)) {
    throw fault('token_type_not_allowed', `a token of ${issuer.name} must have typ ${issuer.tokenType}`);
  }
  const isServiceToken = issuer.tokenType === SERVICE_TOKEN_TYPE;
  const sub = readText(token, issuer, 'sub');
  const tokenId = readText(token, issuer, 'jti');
  if (tokenId !== undefined && tokenId.length > MAX_TOKEN_ID_LENGTH)
    throw fault('claim_invalid', 'jti is too long');
  const times = readTimes(token, issuer);
  checkTimes(times, issuer, expected.now);
  const audiences = readAudiences(claim(claims, 'aud'), isServiceToken, expected);
  if (issuer.issuer === expected.audience && !expected.acceptTokensFromSelf) {
    throw fault('audience_mismatch', 'the token was signed by this service itself');
  }
  const { client, subject, isForClient } = isServiceToken
    ? { client: undefined, subject: sub, isForClient: false }
    : readParty(claims, issuer, sub);
  const { scopes, roles } = issuer.claims;
  return {
    caller,
    keyId,
    isServiceToken,
    issuer: issuer.issuer,
    subject,
    client,
    speaksForItself: isForClient || subject === undefined || subject === issuer.issuer,
    audiences,
    expiresAt: times.expiresAt,
    issuedAt: times.issuedAt,
    notBefore: times.notBefore,
    tokenId,
    scopes: readLists(claims, scopes, (value) => readScopes(value, issuer)),
    roles: readLists(claims, roles, readRoles),
    transactionId: readTransactionId(claim(claims, 'txn')),
    mayAct: readMayAct(claims),
    binding: readBinding(claims),
    claims,
  } as ValidatedToken;
}

function acceptsType({ tokenTypes }: TrustedIssuer, typ: string | undefined): boolean {
  return tokenTypes.includes(typ === undefined ? undefined : normalTokenType(typ));
}

/** A claim; those that a trusted issuer may leave out are undefined then, all others that are read so are required. */
function present(token: SignedToken, issuer: TrustedIssuer, name: string): unknown {
  const value = claim(token.claims, name);
  if (value !== undefined || name === 'nbf' || issuer.claims.optional.includes(name)) return value;
  // Of an opaque token the issuer itself says that it is good, and when it no longer is.
  if (token.header === undefined && name === 'jti') return value;
  throw fault('claim_missing', `${name} is missing`);
}

function readText(token: SignedToken, issuer: TrustedIssuer, name: string): string | undefined {
  const value = present(token, issuer, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') throw fault('claim_invalid', `${name} must be a string`);
  return value;
}

function readTime(
  token: SignedToken,
  issuer: TrustedIssuer,
  name: 'exp' | 'iat' | 'nbf',
): number | undefined {
  const value = present(token, issuer, name);
  if (value === undefined) return undefined;
  // JSON.parse makes Infinity of 1e400.
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw fault('claim_invalid', `${name} must be a number of seconds since 1970`);
  }
  return value;
}

type TokenTimes = Pick<ValidatedToken, 'expiresAt' | 'issuedAt' | 'notBefore'>;

function readTimes(token: SignedToken, issuer: TrustedIssuer): TokenTimes {
  return {
    expiresAt: readTime(token, issuer, 'exp') ?? 0,
    issuedAt: readTime(token, issuer, 'iat'),
    notBefore: readTime(token, issuer, 'nbf'),
  };
}

/**
 * Checks what depends on the time (RFC 7519 sections 4.1.4 to 4.1.6). `exp` equal to now is expired; the tolerance is for
 * clocks that differ.
 * @throws CountersignError `claim_invalid`, `lifetime_too_long`, `token_expired`, `token_not_yet_valid`,
 * `token_issued_in_future`.
 */
export function checkTimes(times: TokenTimes, issuer: TrustedIssuer, now: number): void {
  const tolerance = issuer.clockToleranceSeconds;
  const { expiresAt, issuedAt, notBefore } = times;
  if (issuedAt !== undefined && expiresAt <= issuedAt) throw fault('claim_invalid', 'exp must be after iat');
  if (notBefore !== undefined && notBefore > expiresAt)
    throw fault('claim_invalid', 'nbf must not be after exp');
  if (expiresAt - (issuedAt ?? now) > issuer.maxLifetimeSeconds) {
    throw fault('lifetime_too_long', `exp - iat may be ${String(issuer.maxLifetimeSeconds)} seconds at most`);
  }
  if (now >= expiresAt + tolerance) throw fault('token_expired', 'exp has passed');
  if (notBefore !== undefined && notBefore > now + tolerance)
    throw fault('token_not_yet_valid', 'nbf has not come');
  if (issuedAt !== undefined && issuedAt > now + tolerance)
    throw fault('token_issued_in_future', 'iat has not come');
}

/** A service token is for exactly one service; another issuer's may name several (RFC 7519 section 4.1.3). */
function readAudiences(
  audience: unknown,
  isServiceToken: boolean,
  expected: ClaimExpectations,
): readonly string[] {
  const audiences: unknown = typeof audience === 'string' ? [audience] : audience;
  if (audiences === undefined && expected.mayLackAudience === true) return Object.freeze([expected.audience]);
  const ours = expected.alias ?? expected.audience;
  if (isStrings(audiences) && audiences.includes(ours) && !(isServiceToken && audiences.length > 1)) {
    return Object.freeze(audiences);
  }
  throw fault('audience_mismatch', `aud must be ${ours}`);
}

/** What stands at all these paths, one after the other. */
function readLists(
  claims: Claims,
  paths: readonly ClaimPath[],
  read: (value: unknown, path: ClaimPath) => readonly string[],
): readonly string[] {
  const [only, ...others] = paths;
  if (only === undefined) return [];
  const first = read(claimAt(claims, only), only);
  return others.length === 0
    ? first
    : [...first, ...others.flatMap((path) => read(claimAt(claims, path), path))];
}

/** Space-separated (RFC 8693 section 4.2); an array is read for issuers that are not our own services. */
function readScopes(value: unknown, issuer: TrustedIssuer): readonly string[] {
  if (value === undefined) return [];
  if (typeof value === 'string') return scopeLists.get(value) ?? scopeLists.keep(value, readScopeList(value));
  if (issuer.tokenType !== SERVICE_TOKEN_TYPE && isStrings(value)) return value;
  throw fault('claim_invalid', 'the scope claim must be a string');
}

/** Tokens by the hundred have the same scopes. */
const scopeLists = new Memo<readonly string[]>();

function readScopeList(text: string): readonly string[] {
  if (/[^\x20-\x7e]/.test(text))
    throw fault('claim_invalid', 'the scope claim holds a character that no scope has');
  return Object.freeze(text.split(' ').filter((scope) => scope !== ''));
}

function readRoles(value: unknown, path: ClaimPath): readonly string[] {
  if (value === undefined) return [];
  if (isStrings(value)) return value;
  throw fault('claim_invalid', `${path.join('.')} must be an array of strings`);
}

/** Ends up in logs and in the next token: one short line. */
function readTransactionId(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value)) return value;
  throw fault('claim_invalid', 'txn must be a short string');
}

function readBinding(claims: Claims): TokenBinding | undefined {
  const bdy = claim(claims, 'bdy');
  const htm = claim(claims, 'htm');
  const htu = claim(claims, 'htu');
  const cnf = claim(claims, 'cnf');
  const isDpop = isCalledDpop(claim(claims, 'typ')) || isCalledDpop(claim(claims, 'token_type'));
  const isBound = bdy !== undefined || htm !== undefined || htu !== undefined || cnf !== undefined || isDpop;
  return isBound ? { bdy, htm, htu, cnf, isDpop } : undefined;
}

/** Issuers say it in an answer of introspection (RFC 9449 section 6.2), and Keycloak in a claim of its tokens; a list may hold it. */
function isCalledDpop(type: unknown): boolean {
  if (typeof type === 'string') return type.length === 4 && type.toLowerCase() === 'dpop';
  return Array.isArray(type) && type.some((each) => typeof each === 'string' && isCalledDpop(each));
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function fault(code: FaultCode, message: string): CountersignError {
  return new CountersignError(code, message);
}
