import { readActsFor, type ActsFor } from './acts-for.js';
import { ALGORITHMS, algorithmNamed, type Algorithm } from './algorithms.js';
import { invalidOption, OptionsReader, readHttpsUri, readScopes } from '../options.js';
import { SERVICE_TOKEN_TYPE } from '../token.js';

/** Where an issuer's public keys are: exactly one of these forms. */
export type TrustedKeys =
  | { readonly jwksUri: string }
  | { readonly jwks: { readonly keys: readonly object[] } }
  | { readonly jwksFile: string }
  /** By the metadata of the issuer (RFC 8414, OpenID Connect Discovery). */
  | { readonly discovery: true };

/** Which claims an issuer other than one of our own services uses, where it differs. */
export interface ClaimNames {
  /** Holds the scopes, as a space-separated string or an array. Default `scope`. */
  readonly scopes?: string;
  /** Holds the roles, as an array of strings. Default `roles`. */
  readonly roles?: string;
  /** Claims of `sub`, `iat` and `jti` that this issuer may leave out. Default none. */
  readonly optional?: readonly string[];
}

/** What this service accepts from one issuer, as people write it: one element of a trust file. */
export interface TrustRecord {
  /** Short name of the caller, the one that `@Callers()` compares. */
  readonly name: string;
  /** The exact `iss` of its tokens. */
  readonly issuer: string;
  readonly keys: TrustedKeys;
  /** Default `["ES256"]` for service tokens; required for other token types. */
  readonly algorithms?: readonly string[];
  /** The `typ` of its tokens. Default `svc+jwt`. */
  readonly tokenType?: string;
  /** The scopes it may have here; others in its tokens are ignored. Default none. */
  readonly scopes?: readonly string[];
  /**
   * Whose subjects it may speak for: `'nobody'` but itself, those under URI prefixes that end in `/`, or `'proven'`:
   * whoever it was called for, which it proves with the token that it was called with.
   * Default `'nobody'` for service tokens; an issuer of other tokens names its own subjects, whichever they are.
   */
  readonly actsFor?: 'nobody' | 'proven' | readonly string[];
  /** Its tokens only prove other services' delegations; it may not call this service itself. Default false. */
  readonly proofOnly?: boolean;
  /** Longest accepted `exp - iat`. Default 300 for service tokens, 3600 for others; at most 3600. */
  readonly maxLifetimeSeconds?: number;
  /** How far its clock may be off. Default 30, at most 300. */
  readonly clockToleranceSeconds?: number;
  readonly claims?: ClaimNames;
  /** Whether writes must be bound to their body. Default `required` for service tokens, `off` for others. */
  readonly bodyBinding?: 'required' | 'off';
  /** Accepts the MD5 of the body, in hex, as its binding. Collisions are cheap: for old peers only. */
  readonly acceptMd5BodyHash?: boolean;
}

/** A trust record with its defaults filled in. */
export interface ResolvedTrustRecord {
  readonly name: string;
  readonly issuer: string;
  readonly keys: TrustedKeys;
  readonly algorithms: readonly Algorithm[];
  /** Lower case, without `application/`. */
  readonly tokenType: string;
  readonly scopes: ReadonlySet<string>;
  readonly actsFor: ActsFor;
  readonly proofOnly: boolean;
  readonly maxLifetimeSeconds: number;
  readonly clockToleranceSeconds: number;
  readonly claims: { readonly scopes: string; readonly roles: string; readonly optional: readonly string[] };
  readonly bodyBinding: 'required' | 'off';
  readonly acceptMd5BodyHash: boolean;
}

const MEMBERS = [
  'name', 'issuer', 'keys', 'algorithms', 'tokenType', 'scopes', 'actsFor', 'proofOnly', 'maxLifetimeSeconds',
  'clockToleranceSeconds', 'claims', 'bodyBinding', 'acceptMd5BodyHash',
] as const; // prettier-ignore

/** Names are compared as they are and shown in logs: a short, plain alphabet. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Checks one trust record and fills in its defaults.
 * Does not look whether its keys can be had.
 * @throws TypeError naming the member by `path`.
 */
export function readTrustRecord(
  value: unknown,
  path: string,
  allowInsecureHttp: boolean,
): ResolvedTrustRecord {
  const record = new OptionsReader(value, path, MEMBERS);
  const tokenType = normalTokenType(
    record.has('tokenType') ? record.string('tokenType') : SERVICE_TOKEN_TYPE,
  );
  const isService = tokenType === SERVICE_TOKEN_TYPE;
  const name = record.string('name');
  if (!NAME.test(name))
    throw invalidOption(record.at('name'), 'must be letters, digits, ".", "_" or "-", at most 64');
  const issuer = record.string('issuer');
  const keys = readKeys(record.raw('keys'), record.at('keys'), allowInsecureHttp);
  if ('discovery' in keys && readHttpsUri(issuer, record.at('issuer'), allowInsecureHttp).search !== '')
    throw invalidOption(record.at('issuer'), 'must not hold a query (keys.discovery is set)');
  return {
    name,
    issuer,
    keys,
    algorithms: readAlgorithms(record, isService),
    tokenType,
    scopes: new Set(readScopes(record, 'scopes')),
    actsFor: readActsFor(record, isService),
    proofOnly: record.boolean('proofOnly', false),
    maxLifetimeSeconds: record.number('maxLifetimeSeconds', {
      unless: isService ? 300 : 3600,
      min: 1,
      max: 3600,
    }),
    clockToleranceSeconds: record.number('clockToleranceSeconds', { unless: 30, min: 0, max: 300 }),
    claims: readClaimNames(record, isService),
    bodyBinding: record.oneOf('bodyBinding', ['required', 'off'], isService ? 'required' : 'off'),
    acceptMd5BodyHash: record.boolean('acceptMd5BodyHash', false),
  };
}

/** Media types are compared without case, and without the `application/` that may be left out (RFC 7515 section 4.1.9). */
export function normalTokenType(typ: string): string {
  const lower = typ.toLowerCase();
  return lower.startsWith('application/') ? lower.slice('application/'.length) : lower;
}

const KEY_FORMS = ['jwksUri', 'jwks', 'jwksFile', 'discovery'] as const;

function readKeys(value: unknown, path: string, allowInsecureHttp: boolean): TrustedKeys {
  const keys = new OptionsReader(value, path, KEY_FORMS);
  const forms = KEY_FORMS.filter((form) => keys.has(form));
  if (forms.length !== 1) throw invalidOption(path, `must hold exactly one of ${KEY_FORMS.join(', ')}`);
  if (keys.has('discovery')) {
    if (keys.raw('discovery') !== true) throw invalidOption(keys.at('discovery'), 'must be true');
    return { discovery: true };
  }
  if (keys.has('jwksUri')) {
    return { jwksUri: readHttpsUri(keys.raw('jwksUri'), keys.at('jwksUri'), allowInsecureHttp).href };
  }
  if (keys.has('jwksFile')) return { jwksFile: keys.string('jwksFile') };
  const jwks = keys.raw('jwks');
  if (!isObject(jwks) || !('keys' in jwks) || !Array.isArray(jwks.keys) || !jwks.keys.every(isObject))
    throw invalidOption(keys.at('jwks'), 'must be a JWK set: an object with an array of "keys"');
  return { jwks: structuredClone({ keys: jwks.keys }) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function readAlgorithms(record: OptionsReader, isService: boolean): readonly Algorithm[] {
  const names = record.strings('algorithms', isService ? ['ES256'] : []);
  if (names.length === 0) throw invalidOption(record.at('algorithms'), 'must name at least one algorithm');
  return names.map((name, index) => {
    const algorithm = algorithmNamed(name);
    if (algorithm === undefined) {
      throw invalidOption(
        `${record.at('algorithms')}[${String(index)}]`,
        `must be one of ${ALGORITHMS.join(', ')}`,
      );
    }
    return algorithm;
  });
}

const MAY_BE_OPTIONAL: ReadonlySet<string> = new Set(['sub', 'iat', 'jti']);

function readClaimNames(record: OptionsReader, isService: boolean): ResolvedTrustRecord['claims'] {
  if (!record.has('claims')) return { scopes: 'scope', roles: 'roles', optional: [] };
  if (isService)
    throw invalidOption(record.at('claims'), `is not for ${SERVICE_TOKEN_TYPE}: its claims are fixed`);
  const names = new OptionsReader(record.raw('claims'), record.at('claims'), ['scopes', 'roles', 'optional']);
  const optional = names.strings('optional', []);
  if (!optional.every((name) => MAY_BE_OPTIONAL.has(name))) {
    throw invalidOption(names.at('optional'), 'may hold only sub, iat and jti');
  }
  return {
    scopes: names.has('scopes') ? names.string('scopes') : 'scope',
    roles: names.has('roles') ? names.string('roles') : 'roles',
    optional,
  };
}
