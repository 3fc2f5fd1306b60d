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
  /** Where the set is published. Over `http:` from loopback only. */
  readonly jwksUri: string;
  /** The set itself. */
  readonly jwks: { readonly keys: readonly object[] };
  /** A file that holds the set. Read once, at the start. */
  readonly jwksFile: string;
  /** By the metadata of the issuer (RFC 8414, OpenID Connect Discovery). */
  readonly discovery: true;
}

/** Where an issuer's public keys are, by one of the forms. */
type KeyPlace = { readonly [Form in keyof KeyForms]: Pick<KeyForms, Form> }[keyof KeyForms];

/** Where an issuer's public keys are: exactly one of `jwksUri`, `jwks`, `jwksFile` and `discovery`. */
export type TrustedKeys = {
  readonly [Form in keyof KeyForms]: Pick<KeyForms, Form> & {
    readonly [Other in Exclude<keyof KeyForms, Form>]?: never;
  };
}[keyof KeyForms];

/** What this service accepts from one issuer, as people write it: one element of a trust file. */
export interface TrustRecord extends ThirdPartyMembers {
  /** Short name of the caller, the one that `@Callers()` compares. */
  readonly name: string;
  /** The exact `iss` of its tokens. An https URI where its metadata is looked up; else any text. */
  readonly issuer: string;
  /**
   * Where its public keys are. Default `{ discovery: true }` where `claims` names a provider. May be left out where
   * `introspection` is given: then none of its tokens is a JWT.
   */
  readonly keys?: TrustedKeys;
  /** Default `["ES256"]` for service tokens, `["RS256"]` where `claims` names a provider; else required. */
  readonly algorithms?: readonly AlgorithmName[];
  /**
   * The `typ` of its tokens. Default: what the provider that `claims` names calls them; `at+jwt` where `introspection` is
   * given; else `svc+jwt`.
   */
  readonly tokenType?: string;
  /** The scopes it may have here; others in its tokens are ignored. Default none. */
  readonly scopes?: readonly string[];
  /**
   * The roles that its tokens may name here, as tokens and as proofs; others are ignored. Default every role, whichever it
   * names: also the caller's own, where it speaks for itself. An empty list: none.
   */
  readonly roles?: readonly string[];
  /**
   * Whose subjects it may speak for: `'nobody'` but itself, those under URI prefixes that end in `/`, or `'proven'`:
   * whoever it was called for, which it proves with the token that it was called with.
   * Default `'nobody'` for service tokens; an issuer of other tokens names its own subjects, whichever they are, but none that
   * lies under the name of this service, or that another record makes or may name.
   */
  readonly actsFor?: 'nobody' | 'proven' | readonly string[];
  /** Its tokens only prove other services' delegations; it may not call this service itself. Default false. */
  readonly proofOnly?: boolean;
  /** Longest accepted `exp - iat`. Default 300 for service tokens, at most 3600; 3600 for others (5700 for `entra`), at most 86400. */
  readonly maxLifetimeSeconds?: number;
  /** How far its clock may be off. Default 30, at most 300. */
  readonly clockToleranceSeconds?: number;
  /**
   * Tokens that are bound to a key of their client (RFC 9449): `accepted` beside others, `required`, or `off`. Bound tokens
   * are accepted with their proof only. Default `accepted`.
   */
  readonly dpop?: DpopUse;
  /** Whether writes must be bound to their body. Default `required` for service tokens, `off` for others. */
  readonly bodyBinding?: 'required' | 'off';
  /** Accepts the MD5 of the body, in hex, as its binding. Collisions are cheap: for old peers only. */
  readonly acceptMd5BodyHash?: boolean;
  /**
   * Accepts writes whose token signs the body only, and neither method nor path: for old peers that cannot. Whoever gets hold
   * of such a token before it is used can send its body to any route. What a token does say is checked. Default false.
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
