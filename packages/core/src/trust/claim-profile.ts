import { invalidOption, OptionsReader } from '../options.js';
import { claim, type Claims } from '../token.js';

/**
 * The providers whose access tokens Countersign knows: their `typ`, their claims and where scopes, roles and client are.
 * `rfc9068` is any provider that follows RFC 9068.
 */
export type ClaimPreset = 'rfc9068' | 'keycloak' | 'auth0' | 'entra' | 'cognito' | 'okta';

/** The path to a nested claim, such as `["realm_access", "roles"]`. */
export type ClaimPath = readonly string[];

/** How the access tokens of an identity provider name scopes, roles and client, where they differ from RFC 9068. */
export interface ClaimNames {
  /** The provider to start from. The other members override what it defines. Default: RFC 9068. */
  readonly preset?: ClaimPreset;
  /** The claim with the scopes, a space-separated string or an array: its name, or a list of paths. Default `scope`. */
  readonly scopes?: string | readonly ClaimPath[];
  /** The claim with the roles, an array of strings: its name, or a list of paths. Default `roles`. */
  readonly roles?: string | readonly ClaimPath[];
  /** The claim with the OAuth client that the token was issued to. Default `client_id`. */
  readonly client?: string;
  /** For `keycloak`: adds the roles of this client, `resource_access.<client>.roles`. Default: realm roles only. */
  readonly rolesOfClient?: string;
  /** Claims that must equal a value, or one of several, such as `{ "token_use": "access" }`. */
  readonly equal?: Readonly<Record<string, string | readonly string[]>>;
  /** Which of `sub`, `iat`, `jti` and `client_id` may be missing; also `aud`, if `clients` is given. Default: none. */
  readonly optional?: readonly string[];
}

/** What the access tokens of one issuer must hold, and where. */
export interface ClaimProfile {
  readonly scopes: readonly ClaimPath[];
  readonly roles: readonly ClaimPath[];
  /** Claims that name the client; the first that is there counts. */
  readonly client: readonly string[];
  readonly equal: ReadonlyMap<string, readonly string[]>;
  /** What may be missing of `sub`, `iat`, `jti`, `client_id` and `aud`. */
  readonly optional: readonly string[];
  /** Whether nobody but the client itself is behind the token. */
  readonly isForClient: (claims: Claims, client: string | undefined) => boolean;
}

/** A profile with the types of token that it is for: lower case, undefined for a token without `typ`. */
export interface Preset extends ClaimProfile {
  readonly tokenTypes: readonly (string | undefined)[];
  readonly maxLifetimeSeconds: number;
}

/** RFC 9068 section 2.2: for the client itself, `sub` is the client. */
const RFC9068: ClaimProfile = {
  scopes: [['scope']],
  roles: [['roles']],
  client: ['client_id'],
  equal: new Map(),
  optional: [],
  isForClient: (claims, client) => client !== undefined && claim(claims, 'sub') === client,
};

const base: Preset = { ...RFC9068, tokenTypes: ['jwt'], maxLifetimeSeconds: 3600 };

/** RFC 9068, and where each provider departs from it, by its public documentation. */
const PRESETS: Readonly<Record<ClaimPreset, Preset>> = {
  rfc9068: { ...base, tokenTypes: ['at+jwt'] },
  keycloak: {
    ...base,
    tokenTypes: ['jwt', 'at+jwt'],
    roles: [['realm_access', 'roles']],
    client: ['azp'],
    // Its ID, refresh and logout tokens are signed by the same keys.
    equal: new Map([['typ', ['Bearer', 'DPoP']]]),
    // Behind a service account stands a user of its own; only its tokens hold this claim.
    isForClient: (claims, client) => client !== undefined && claim(claims, 'client_id') === client,
  },
  auth0: {
    ...base,
    tokenTypes: ['jwt', 'at+jwt'],
    // What the user may do at all. `scope` is what was granted to the client, and so never widened by it.
    roles: [['permissions']],
    client: ['azp', 'client_id'],
    optional: ['jti'],
    isForClient: (claims, client) => client !== undefined && claim(claims, 'sub') === `${client}@clients`,
  },
  entra: {
    ...base,
    scopes: [['scp']],
    client: ['azp'],
    equal: new Map([['ver', ['2.0']]]),
    optional: ['jti'],
    // Up to 90 minutes, from an iat that lies five back.
    maxLifetimeSeconds: 5700,
    isForClient: (claims) => claim(claims, 'scp') === undefined,
  },
  cognito: {
    ...base,
    tokenTypes: [undefined, 'jwt'],
    roles: [['cognito:groups']],
    equal: new Map([['token_use', ['access']]]),
    optional: ['aud'],
  },
  okta: { ...base, tokenTypes: [undefined, 'jwt'], scopes: [['scp']], roles: [['groups']], client: ['cid'] },
};

const PRESET_NAMES = ['rfc9068', 'keycloak', 'auth0', 'entra', 'cognito', 'okta'] as const;
const MEMBERS = ['preset', 'scopes', 'roles', 'client', 'rolesOfClient', 'equal', 'optional'] as const;
const MAY_BE_OPTIONAL: ReadonlySet<string> = new Set(['sub', 'iat', 'jti', 'client_id', 'aud']);

/** The preset that a trust record names, in either form. */
export function readPreset(value: unknown, path: string): Preset | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') {
    const name = PRESET_NAMES.find((each) => each === value);
    if (name === undefined)
      throw invalidOption(path, `must be an object, or one of ${PRESET_NAMES.join(', ')}`);
    return PRESETS[name];
  }
  const names = new OptionsReader(value, path, MEMBERS);
  return names.has('preset') ? PRESETS[names.oneOf('preset', PRESET_NAMES)] : undefined;
}

/**
 * Reads the member `claims` of a trust record.
 * @param mustNameClient whether the type of the tokens asks for a client (RFC 9068 section 2.2).
 * @throws TypeError naming the member.
 */
export function readClaimProfile(
  value: unknown,
  path: string,
  { preset, mustNameClient }: { readonly preset: Preset | undefined; readonly mustNameClient: boolean },
): ClaimProfile {
  const from = profileOf(preset ?? RFC9068);
  const known = preset !== undefined || mustNameClient;
  if (value === undefined || typeof value === 'string')
    return known ? from : { ...from, optional: [...from.optional, 'client_id'] };
  const names = new OptionsReader(value, path, MEMBERS);
  const optional = names.strings('optional', from.optional);
  if (!optional.every((name) => MAY_BE_OPTIONAL.has(name)))
    throw invalidOption(names.at('optional'), 'may hold only sub, iat, jti, client_id and aud');
  const namesClient = known || names.has('client');
  return {
    ...from,
    scopes: readPaths(names, 'scopes', from.scopes),
    roles: [...readPaths(names, 'roles', from.roles), ...rolesOfClient(names, preset)],
    client: names.has('client') ? [names.string('client')] : from.client,
    equal: readEqual(names, from.equal),
    optional: namesClient ? optional : [...optional, 'client_id'],
  };
}

function profileOf({ scopes, roles, client, equal, optional, isForClient }: ClaimProfile): ClaimProfile {
  return { scopes, roles, client, equal, optional, isForClient };
}

function readPaths(
  names: OptionsReader,
  name: 'scopes' | 'roles',
  fallback: readonly ClaimPath[],
): readonly ClaimPath[] {
  if (!names.has(name)) return fallback;
  const value = names.raw(name);
  if (!Array.isArray(value)) return [[names.string(name)]];
  if (value.length > 0 && value.every(isPath)) return value.map((path) => [...path]);
  throw invalidOption(
    names.at(name),
    'must be the name of a claim, or a list of paths: [["realm_access", "roles"]]',
  );
}

function isPath(value: unknown): value is ClaimPath {
  return (
    Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string' && name !== '')
  );
}

function rolesOfClient(names: OptionsReader, preset: Preset | undefined): readonly ClaimPath[] {
  if (!names.has('rolesOfClient')) return [];
  if (preset !== PRESETS.keycloak) throw invalidOption(names.at('rolesOfClient'), 'is only for keycloak');
  return [['resource_access', names.string('rolesOfClient'), 'roles']];
}

function readEqual(
  names: OptionsReader,
  fallback: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const equal = new Map(fallback);
  const value = names.raw('equal');
  if (value === undefined) return equal;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidOption(names.at('equal'), 'must be an object of claims and what they must hold');
  for (const [name, expected] of Object.entries(value)) {
    const texts: unknown = typeof expected === 'string' ? [expected] : expected;
    if (!isPath(texts))
      throw invalidOption(`${names.at('equal')}.${name}`, 'must be a text or a list of texts');
    equal.set(name, [...texts]);
  }
  return equal;
}
