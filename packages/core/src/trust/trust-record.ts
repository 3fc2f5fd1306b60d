import { readActsFor, type ActsFor } from './acts-for.js';
import { frozenSet } from '../lib/frozen-set.js';
import { ALGORITHMS, algorithmNamed, type Algorithm, type AlgorithmName } from '../crypto/algorithms.js';
import { invalidOption, OptionsReader, readHttpsUri, readScopes } from '../options.js';
import { SERVICE_TOKEN_TYPE } from '../token.js';
import { type Preset } from './claim-profile.js';
import {
  presetOf,
  readThirdParty,
  THIRD_PARTY_MEMBERS,
  type ThirdParty,
  type ThirdPartyMembers,
} from './third-party.js';

interface KeyForms {
  /** The URL of the key set. `http:` only for loopback addresses. */
  readonly jwksUri: string;
  /** The key set itself (RFC 7517 section 5). */
  readonly jwks: { readonly keys: readonly object[] };
  /** A file that contains the key set. It is read once, at start. */
  readonly jwksFile: string;
  /** Finds `jwks_uri` in the metadata of the issuer (RFC 8414, OpenID Connect Discovery). */
  readonly discovery: true;
}

/** Where an issuer publishes its keys, in one of the forms. */
type KeyPlace = { readonly [Form in keyof KeyForms]: Pick<KeyForms, Form> }[keyof KeyForms];

/** Where to get the public keys of an issuer: exactly one of `jwksUri`, `jwks`, `jwksFile` and `discovery`. */
export type TrustedKeys = {
  readonly [Form in keyof KeyForms]: Pick<KeyForms, Form> & {
    readonly [Other in Exclude<keyof KeyForms, Form>]?: never;
  };
}[keyof KeyForms];

/**
 * What this service accepts from one issuer: one element of `trust`, or of a trust file. Tokens of issuers without a trust
 * record are refused.
 *
 * @example
 * const herald: TrustRecord = {
 *   name: 'herald',
 *   issuer: 'https://herald.service/',
 *   keys: { jwksUri: 'https://herald.service/.well-known/jwks.json' },
 *   scopes: ['user:read'],
 *   actsFor: ['https://census.service/user/'],
 * };
 */
export interface TrustRecord extends ThirdPartyMembers {
  /** The short name of the caller, which `@Callers()` compares. */
  readonly name: string;
  /** The exact `iss` of its tokens. Must be an https URI if its metadata is used; otherwise any text. */
  readonly issuer: string;
  /**
   * Where to get its public keys. Default `{ discovery: true }` if `claims` names a provider. Not needed with
   * `introspection`: then only opaque tokens are accepted.
   */
  readonly keys?: TrustedKeys;
  /** The accepted signature algorithms. Default `["ES256"]` for service tokens, `["RS256"]` if `claims` names a provider; otherwise required. */
  readonly algorithms?: readonly AlgorithmName[];
  /**
   * The `typ` of its tokens. Default: the types that the provider named in `claims` uses; `at+jwt` with `introspection`;
   * otherwise `svc+jwt`, a service token.
   */
  readonly tokenType?: string;
  /** The scopes that its tokens may grant. Other scopes in its tokens are ignored. Default: none. */
  readonly scopes?: readonly string[];
  /**
   * The roles that its tokens may grant. Other roles in its tokens are ignored. Default: every role. Without it, the service
   * can grant itself `admin`. An empty list means none.
   */
  readonly roles?: readonly string[];
  /**
   * The users that it may act for: `'nobody'`; the users under URI prefixes, which end in `/`; or `'proven'`, any user whose
   * call it received, which it proves by passing on the token of that call.
   * Default `'nobody'` for service tokens. An identity provider may name any subject, except those under the identifier of
   * this service and those that another record may name.
   */
  readonly actsFor?: 'nobody' | 'proven' | readonly string[];
  /** Accepts its tokens only as delegation proofs of other services, not for calls of its own. Default false. */
  readonly proofOnly?: boolean;
  /**
   * The maximum of `exp - iat`, in seconds. Default 300 for service tokens, at most 3,600; for others 3,600 (5,700 for `entra`),
   * at most 86,400.
   */
  readonly maxLifetimeSeconds?: number;
  /** The tolerated clock difference, in seconds. Default 30, at most 300. */
  readonly clockToleranceSeconds?: number;
  /**
   * Whether tokens bound to a key of the client (DPoP, RFC 9449) are `accepted` beside bearer tokens, `required`, or refused
   * (`off`). A bound token always requires its proof. Default `accepted`.
   */
  readonly dpop?: DpopUse;
  /** Whether tokens must be bound to the body of a write request. Default `required` for service tokens, `off` for others. */
  readonly bodyBinding?: 'required' | 'off';
  /** Accepts the MD5 of the body in hex as `bdy`. Insecure, because MD5 collisions are cheap. For old callers only. Default false. */
  readonly acceptMd5BodyHash?: boolean;
  /**
   * Accepts write requests whose token binds the body, but neither method nor path. An attacker who gets such a token before
   * it is used can send its body to any route. For old callers only. Claims that are present are still checked. Default false.
   */
  readonly acceptTokensWithoutMethodAndPath?: boolean;
}

/** What holds for tokens that are bound to a key of their client. */
export type DpopUse = 'required' | 'accepted' | 'off';

/** A trust record with its defaults filled in. */
export interface ResolvedTrustRecord extends ThirdParty {
  readonly name: string;
  readonly issuer: string;
  /** Undefined where no token is a JWT. */
  readonly keys: KeyPlace | undefined;
  /** Whether its metadata is looked up. */
  readonly hasMetadata: boolean;
  readonly algorithms: readonly Algorithm[];
  /** Lower case, without `application/`. */
  readonly tokenType: string;
  readonly scopes: ReadonlySet<string>;
  /** Undefined for every role. */
  readonly roles: ReadonlySet<string> | undefined;
  readonly actsFor: ActsFor;
  readonly proofOnly: boolean;
  readonly maxLifetimeSeconds: number;
  readonly clockToleranceSeconds: number;
  readonly dpop: DpopUse;
  /** Whether the record says so itself: then challenges ask for it. */
  readonly announcesDpop: boolean;
  readonly bodyBinding: 'required' | 'off';
  readonly acceptMd5BodyHash: boolean;
  readonly acceptTokensWithoutMethodAndPath: boolean;
}

const MEMBERS = [
  'name', 'issuer', 'keys', 'algorithms', 'tokenType', 'scopes', 'roles', 'actsFor', 'proofOnly',
  'maxLifetimeSeconds', 'clockToleranceSeconds', 'bodyBinding', 'acceptMd5BodyHash',
  'acceptTokensWithoutMethodAndPath', 'dpop', ...THIRD_PARTY_MEMBERS,
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
  const preset = presetOf(record);
  const given = readTokenType(record, preset);
  const tokenType = given ?? 'jwt';
  const isService = tokenType === SERVICE_TOKEN_TYPE;
  const name = record.string('name');
  if (!NAME.test(name))
    throw invalidOption(record.at('name'), 'must be letters, digits, ".", "_" or "-", at most 64');
  const issuer = record.string('issuer');
  const keys = readKeys(record, preset, allowInsecureHttp);
  const thirdParty = readThirdParty(record, given, isService, allowInsecureHttp);
  const { introspection } = thirdParty;
  const hasMetadata =
    (keys !== undefined && 'discovery' in keys) ||
    (introspection !== undefined && introspection.endpoint === undefined);
  if (hasMetadata && readHttpsUri(issuer, record.at('issuer'), allowInsecureHttp).search !== '')
    throw invalidOption(record.at('issuer'), 'must not hold a query (its metadata is looked up)');
  return {
    name,
    issuer,
    keys,
    hasMetadata,
    algorithms: keys === undefined ? [] : readAlgorithms(record, defaultAlgorithms(isService, preset)),
    tokenType,
    scopes: frozenSet(readScopes(record, 'scopes')),
    // Names of roles come from other makers' directories, where they may hold blanks.
    roles: record.has('roles') ? frozenSet(record.strings('roles')) : undefined,
    actsFor: readActsFor(record, isService),
    proofOnly: record.boolean('proofOnly', false),
    maxLifetimeSeconds: record.number('maxLifetimeSeconds', {
      fallback: isService ? 300 : (preset?.maxLifetimeSeconds ?? 3600),
      min: 1,
      max: isService ? 3600 : 86_400,
    }),
    clockToleranceSeconds: record.number('clockToleranceSeconds', { fallback: 30, min: 0, max: 300 }),
    dpop: record.oneOf('dpop', ['required', 'accepted', 'off'], 'accepted'),
    announcesDpop: record.has('dpop') && record.raw('dpop') !== 'off',
    ...thirdParty,
    bodyBinding: record.oneOf('bodyBinding', ['required', 'off'], isService ? 'required' : 'off'),
    acceptMd5BodyHash: record.boolean('acceptMd5BodyHash', false),
    acceptTokensWithoutMethodAndPath: record.boolean('acceptTokensWithoutMethodAndPath', false),
  };
}

/** Undefined where the preset says which types there are. */
function readTokenType(record: OptionsReader, preset: Preset | undefined): string | undefined {
  if (record.has('tokenType')) return normalTokenType(record.string('tokenType'));
  if (preset !== undefined) return undefined;
  return record.has('introspection') ? 'at+jwt' : SERVICE_TOKEN_TYPE;
}

function defaultAlgorithms(isService: boolean, preset: Preset | undefined): readonly string[] {
  if (isService) return ['ES256'];
  return preset === undefined ? [] : ['RS256'];
}

/** Media types are compared without case, and without the `application/` that may be left out (RFC 7515 section 4.1.9). */
export function normalTokenType(typ: string): string {
  const lower = typ.toLowerCase();
  return lower.startsWith('application/') ? lower.slice('application/'.length) : lower;
}

const KEY_FORMS = ['jwksUri', 'jwks', 'jwksFile', 'discovery'] as const;
const ONE_FORM = `must hold exactly one of ${KEY_FORMS.join(', ')}`;

/** Undefined where no token is a JWT: a record that is asked about its tokens, and names no keys. */
function readKeys(
  record: OptionsReader,
  preset: Preset | undefined,
  allowInsecureHttp: boolean,
): KeyPlace | undefined {
  const path = record.at('keys');
  if (!record.has('keys')) {
    if (record.has('introspection')) return undefined;
    if (preset !== undefined) return { discovery: true };
    throw invalidOption(path, ONE_FORM);
  }
  const keys = new OptionsReader(record.raw('keys'), path, KEY_FORMS);
  const forms = KEY_FORMS.filter((form) => keys.has(form));
  if (forms.length !== 1) throw invalidOption(path, ONE_FORM);
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

function readAlgorithms(record: OptionsReader, fallback: readonly string[]): readonly Algorithm[] {
  const names = record.strings('algorithms', fallback);
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
