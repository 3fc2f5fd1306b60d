import { invalidOption, OptionsReader, readHttpsUri, readScopes } from '../options.js';
import {
  readAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerRecord,
} from '../oauth/authorization-server.js';
import { normalPath, readingsOf } from './destination-path.js';
import {
  readStaticCredential,
  type StaticCredential,
  type StaticCredentialRecord,
} from './sources/static-credential.js';

/**
 * A service that this service calls, and how to authorize those calls: one element of `destinations`, or of a destinations
 * file.
 *
 * @example
 * const census: DestinationRecord = {
 *   name: 'census',
 *   url: 'https://census.service/',
 *   onBehalfOf: 'user',
 *   authorize: 'mint',
 *   scopes: ['user:read'],
 * };
 */
export type DestinationRecord = DestinationMembers &
  (
    | {
        /** `mint` signs a token with the key of this service, `propagate` passes on the caller's token, `none` sends none. */
        readonly authorize: 'none' | 'propagate' | 'mint';
      }
    | {
        /** `clientCredentials` gets a token for this service from an authorization server, `exchange` one for the user. */
        readonly authorize: 'clientCredentials' | 'exchange';
        readonly authorizationServer: AuthorizationServerRecord;
      }
    | {
        /** A static credential, such as an API key, sent instead of a token. It identifies no user. */
        readonly authorize: StaticCredentialRecord;
        readonly onBehalfOf: 'service';
      }
  );

interface DestinationMembers {
  /** The short name, for `@Destination()` and logs. */
  readonly name: string;
  /** The base URL of the service. Calls to this origin, at or below this path, are calls to this destination. */
  readonly url: string;
  /** The identifier of the service, used as `aud`. Default: `url`. */
  readonly audience?: string;
  /** Whether calls are made for the user of the request being served, or for this service itself. */
  readonly onBehalfOf: 'user' | 'service';
  /** The scopes of its tokens. For a user's call, only those that the caller's token has too. Default: none. */
  readonly scopes?: readonly string[];
  /** The header that carries the token. Default `Authorization`. */
  readonly header?: 'Authorization' | 'JWT';
  /** Whether minted tokens are bound to the body of a write request. Default `required`. */
  readonly bodyBinding?: 'required' | 'off';
  /**
   * Sends the token of the request being served along, as proof that the user called this service. Needed if the destination
   * trusts this service with `actsFor: 'proven'`. The destination sees that token. Default false.
   */
  readonly delegationProof?: boolean;
  /** The timeout of a call, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

/** A destination with its defaults filled in. Cannot be changed. */
export interface Destination extends Required<Omit<DestinationMembers, 'url'>> {
  readonly url: URL;
  readonly authorize: 'none' | 'propagate' | 'mint' | 'clientCredentials' | 'exchange' | 'staticCredential';
  /** Only, and always, for `clientCredentials` and `exchange`. */
  readonly authorizationServer: AuthorizationServer | undefined;
  /** Only, and always, for `staticCredential`. */
  readonly staticCredential: StaticCredential | undefined;
}

/** What the destinations are declared in. */
export interface DestinationContext {
  /** The identifier of this service. */
  readonly service: string;
  /** Whether plain `http:` is accepted for other hosts than loopback. */
  readonly allowInsecureHttp: boolean;
}

const MEMBERS = [
  'name', 'url', 'audience', 'onBehalfOf', 'authorize', 'authorizationServer', 'scopes', 'header', 'bodyBinding',
  'delegationProof', 'timeoutMs',
] as const; // prettier-ignore

/** For whom a source can get tokens; the others can for both. */
const ON_BEHALF_OF: ReadonlyMap<Destination['authorize'], Destination['onBehalfOf']> = new Map([
  ['clientCredentials', 'service'],
  ['exchange', 'user'],
  ['staticCredential', 'service'],
]);

/** The kinds that a record names by a word. */
const KINDS = ['none', 'propagate', 'mint', 'clientCredentials', 'exchange'] as const;

/** Members that are about tokens, and so not for a static credential. */
const OF_TOKENS = ['scopes', 'header', 'bodyBinding', 'delegationProof'] as const;

/** What the path of a destination must not hold, because servers read it in different ways. */
const READ_IN_SEVERAL_WAYS = 'an empty segment, a ";", or an encoded "/", "\\", ";" or "%"';

/**
 * Checks one declared destination and fills in its defaults.
 * @throws TypeError naming the member, such as `destinations[0].url`; never the value of a secret.
 */
export function readDestination(value: unknown, path: string, context: DestinationContext): Destination {
  const record = new OptionsReader(value, path, MEMBERS);
  const url = readHttpsUri(record.raw('url'), record.at('url'), context.allowInsecureHttp);
  if (url.search !== '') throw invalidOption(record.at('url'), 'must not hold a query');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  if (readingsOf(normalPath(url))?.length !== 1)
    throw invalidOption(record.at('url'), `must not hold ${READ_IN_SEVERAL_WAYS}`);
  const staticCredential = readCredential(record);
  const authorize = staticCredential === undefined ? record.oneOf('authorize', KINDS) : 'staticCredential';
  const onBehalfOf = record.oneOf('onBehalfOf', ['user', 'service']);
  if ((ON_BEHALF_OF.get(authorize) ?? onBehalfOf) !== onBehalfOf) {
    throw invalidOption(
      record.at('onBehalfOf'),
      `must be ${String(ON_BEHALF_OF.get(authorize))} for ${authorize}`,
    );
  }
  const delegationProof = record.boolean('delegationProof', false);
  if (delegationProof && !(authorize === 'mint' && onBehalfOf === 'user')) {
    throw invalidOption(record.at('delegationProof'), 'is for authorize: "mint" on behalf of a user');
  }
  const audience = record.has('audience') ? record.string('audience') : url.href;
  // Every token that reaches us names us as its audience, also the service tokens that must never be handed on.
  if (authorize === 'propagate' && audience === context.service)
    throw invalidOption(record.at('audience'), 'is this service itself: tokens for it are not handed on');
  const { href } = url;
  // Calls hand it out, and it decides what every later token says.
  return Object.freeze({
    name: record.string('name'),
    /** A `URL` cannot be frozen, so each reader has its own. */
    get url() {
      return new URL(href);
    },
    audience,
    onBehalfOf,
    authorize,
    staticCredential,
    authorizationServer: readServer(record, authorize, audience, context.allowInsecureHttp),
    scopes: readScopes(record, 'scopes'),
    header: record.oneOf('header', ['Authorization', 'JWT'], 'Authorization'),
    bodyBinding: record.oneOf('bodyBinding', ['required', 'off'], 'required'),
    delegationProof,
    timeoutMs: record.number('timeoutMs', { fallback: 10_000, min: 1, max: 600_000 }),
  });
}

function readCredential(record: OptionsReader): StaticCredential | undefined {
  const given = record.raw('authorize');
  if (typeof given !== 'object' || given === null) return undefined;
  const stray = OF_TOKENS.find((name) => record.has(name));
  if (stray !== undefined) throw invalidOption(record.at(stray), 'is not for a static credential');
  return readStaticCredential(given, record.at('authorize'));
}

function readServer(
  record: OptionsReader,
  authorize: string,
  audience: string,
  insecure: boolean,
): AuthorizationServer | undefined {
  const path = record.at('authorizationServer');
  if (authorize !== 'clientCredentials' && authorize !== 'exchange') {
    if (!record.has('authorizationServer')) return undefined;
    throw invalidOption(path, `is not for authorize: ${JSON.stringify(authorize)}`);
  }
  const server = readAuthorizationServer(record.raw('authorizationServer'), path, insecure);
  if (server.subjectTokenType !== undefined && authorize !== 'exchange')
    throw invalidOption(`${path}.subjectTokenType`, 'is for authorize: "exchange"');
  if (server.targetParameter === 'resource' && !(URL.canParse(audience) && !audience.includes('#'))) {
    const problem =
      'must be "audience": a resource is an absolute URI without a fragment (RFC 8707 section 2)';
    throw invalidOption(`${path}.targetParameter`, problem);
  }
  return server;
}
