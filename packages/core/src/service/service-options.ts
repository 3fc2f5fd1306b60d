import { systemClock, type Clock } from '../clock.js';
import {
  readResourceMetadata,
  type ResourceMetadata,
  type ResourceMetadataOptions,
} from '../http/answers/resource-metadata.js';
import { type DecisionRecorder } from '../http/decision-record.js';
import { type SubjectResolver } from '../http/guard/subject-resolver.js';
import { type VerifierOptions } from '../inbound/verifier.js';
import { type KeyStoreOptions } from '../key-store/create-key-store.js';
import { invalidOption, OptionsReader } from '../options.js';
import { type TokenCache } from '../outbound/cache/token-cache.js';
import { type DestinationRecord } from '../outbound/destination.js';
import { type KeyStore } from '../signing-keys/key-store.js';

/** What every adapter for a framework takes: the options of `createVerifier`, such as `service` and `trust`, and the following. */
export interface CommonOptions extends Omit<VerifierOptions, 'onWarning' | 'keyStore'> {
  /**
   * The keys of this service: a directory, private keys, or a key store of your own. Default: none. Then the service publishes
   * no key set, and does not start if a destination or a trust record requires a signature.
   */
  readonly keys?: KeyStoreOptions | KeyStore;
  /**
   * When to fetch the keys of the trusted issuers. Default `background`: at start, without waiting for them. With `timeoutMs`
   * the service waits for them at start, at most that long (default 5,000), and does not start if an issuer's metadata
   * contradicts its trust record. `false`: when they are first needed.
   */
  readonly hydrate?: 'background' | { readonly timeoutMs?: number } | false;
  /** The services that this service calls. Default: none. */
  readonly destinations?: readonly DestinationRecord[];
  /** What to do with a call to an undeclared destination. Default `refuse`: it is not sent. */
  readonly undeclared?: 'refuse' | 'send-without-token';
  /** Where tokens for outgoing calls are cached. Default: in the memory of this process, 1,000 tokens. */
  readonly tokenCache?: TokenCache;
  /** The maximum size in bytes of a streamed body that is bound to a token, because it is read before it is sent. Default 1,048,576. */
  readonly maxBufferedBodyBytes?: number;
  /** Receives a record of each decision. Default: the logger. */
  readonly decisions?: DecisionRecorder;
  /**
   * Which requests run in an async scope, which `RequestScope` needs. Default `auto`: all requests, if something needs it;
   * otherwise none, because on Node 20 a scope costs more than the rest of the check. `always`: for code that cannot be seen to
   * read the scope.
   */
  readonly requestScope?: 'auto' | 'always';
  /** The maximum size of a request body in bytes; larger ones are refused with 413. A route may have a limit of its own, and so have the parsers of a framework. Default 1,048,576. */
  readonly maxBodyBytes?: number;
  /**
   * The property of the request in which a serverless platform left the body as it was sent, such as `rawBody` on Google Cloud
   * Functions. See `docs/serverless.md`. Default: none; then a body that was read before is never trusted.
   */
  readonly rawBodyProperty?: string;
  /** Serves `/.well-known/oauth-protected-resource` (RFC 9728) and names it in challenges. Default false. */
  readonly resourceMetadata?: boolean | ResourceMetadataOptions;
}

/** The options of `createCountersign`. */
export interface ServiceOptions extends CommonOptions {
  /** Loads the application's own user for each request. Default: none. */
  readonly subjects?: SubjectResolver;
  /** Receives warnings, faults, and the decisions that `decisions` does not. Default: the console, one line of JSON each. */
  readonly logger?: ServiceLogger;
}

/** Where a service writes what operators should read: `console`, or a logger such as pino. Never told a token or a key. */
export interface ServiceLogger {
  info(message: string | object): void;
  warn(message: string | object): void;
  error(message: string | object): void;
}

/** The common options with defaults filled in. */
export interface ResolvedCommonOptions {
  /** The options of `createVerifier`. */
  readonly verifier: VerifierOptions;
  readonly service: string;
  readonly clock: Clock;
  readonly keys: KeyStoreOptions | KeyStore | undefined;
  readonly hydrate: 'background' | { readonly timeoutMs: number } | false;
  readonly destinations: readonly DestinationRecord[];
  readonly undeclared: 'refuse' | 'send-without-token';
  readonly tokenCache: TokenCache | undefined;
  readonly maxBufferedBodyBytes: number;
  readonly allowInsecureHttpForLocalDevelopment: boolean;
  readonly decisions: DecisionRecorder;
  readonly requestScope: 'auto' | 'always';
  readonly maxBodyBytes: number;
  readonly rawBodyProperty: string | undefined;
  readonly resourceMetadata: ResourceMetadata | undefined;
}

const COMMON_MEMBERS = [
  'keys', 'hydrate', 'destinations', 'undeclared', 'tokenCache', 'maxBufferedBodyBytes', 'decisions', 'requestScope',
  'maxBodyBytes', 'rawBodyProperty', 'resourceMetadata',
] as const; // prettier-ignore
const VERIFIER_MEMBERS = [
  'service', 'trust', 'replayStore', 'clock', 'publicUrl', 'tokenHeaders', 'maxTokenBytes', 'acceptTokensFromSelf', 'recall',
  'jwks', 'publicOnly', 'onKeyEvent', 'allowInsecureHttpForLocalDevelopment', 'dpop',
] as const; // prettier-ignore

const SIZES = { fallback: 1_048_576, min: 0, max: 1_073_741_824 } as const;

/**
 * Checks the options that all adapters have in common, and fills in their defaults. `service`, `trust`, `keys` and `destinations`
 * are checked by the parts that they are for.
 * @param alsoKnown the members of the adapter's own.
 * @param defaultRecorder receives the decisions where the options name no recorder.
 * @throws TypeError naming the option, also one that does not exist.
 */
export function readCommonOptions(
  options: CommonOptions,
  alsoKnown: readonly string[],
  defaultRecorder: DecisionRecorder,
): ResolvedCommonOptions {
  const read = new OptionsReader(options, '', [...VERIFIER_MEMBERS, ...COMMON_MEMBERS, ...alsoKnown]);
  read.string('service');
  if (!read.has('trust'))
    throw invalidOption(read.at('trust'), 'must be an array of trust records; [] trusts nobody');
  const insecure = read.boolean('allowInsecureHttpForLocalDevelopment', false);
  return {
    verifier: verifierOptions(options),
    service: options.service,
    clock: options.clock ?? systemClock,
    keys: readKeys(options.keys, read.at('keys')),
    hydrate: readHydrate(options.hydrate, read.at('hydrate')),
    destinations: options.destinations ?? [],
    undeclared: read.oneOf('undeclared', ['refuse', 'send-without-token'], 'refuse'),
    tokenCache: readTokenCache(options.tokenCache, read.at('tokenCache')),
    maxBufferedBodyBytes: read.number('maxBufferedBodyBytes', SIZES),
    allowInsecureHttpForLocalDevelopment: insecure,
    decisions: options.decisions ?? defaultRecorder,
    requestScope: read.oneOf('requestScope', ['auto', 'always'], 'auto'),
    maxBodyBytes: read.number('maxBodyBytes', SIZES),
    rawBodyProperty: read.has('rawBodyProperty') ? read.string('rawBodyProperty') : undefined,
    resourceMetadata: readResourceMetadata(options.resourceMetadata, options.service, insecure),
  };
}

function verifierOptions(options: CommonOptions): VerifierOptions {
  const known: readonly string[] = VERIFIER_MEMBERS;
  const entries = Object.entries(options).filter(([name]) => known.includes(name));
  // The members that have just been picked are those of the type.
  return Object.fromEntries(entries) as unknown as VerifierOptions;
}

function readKeys(value: CommonOptions['keys'], path: string): ResolvedCommonOptions['keys'] {
  const given: unknown = value;
  if (given === undefined || (typeof given === 'object' && given !== null)) return value;
  throw invalidOption(path, 'must say where our own keys are, or be left out where there are none');
}

/** Whether `keys` is a key store already. */
export function isKeyStore(keys: KeyStoreOptions | KeyStore): keys is KeyStore {
  return 'signer' in keys && typeof keys.signer === 'function';
}

function readHydrate(value: CommonOptions['hydrate'], path: string): ResolvedCommonOptions['hydrate'] {
  if (value === undefined || value === 'background') return 'background';
  if (value === false) return false;
  const read = new OptionsReader(value, path, ['timeoutMs']);
  return { timeoutMs: read.number('timeoutMs', { fallback: 5000, min: 1, max: 60_000 }) };
}

function readTokenCache(value: TokenCache | undefined, path: string): TokenCache | undefined {
  const given: unknown = value;
  if (given === undefined) return undefined;
  if (typeof given === 'object' && given !== null && 'get' in given && 'set' in given) return value;
  throw invalidOption(path, 'must be a token cache, with get() and set()');
}
