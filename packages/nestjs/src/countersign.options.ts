import { type FactoryProvider, type ModuleMetadata, type Type } from '@nestjs/common';
import {
  systemClock,
  type Clock,
  type DestinationRecord,
  type KeyStore,
  type KeyStoreOptions,
  type Requirement,
  type TokenCache,
  type VerifierOptions,
} from '@countersign/core';
import { invalidOption, OptionsReader } from '@countersign/core/adapter';
import {
  readResourceMetadata,
  type DecisionRecorder,
  type ResourceMetadata,
  type ResourceMetadataOptions,
  type SubjectResolver,
} from '@countersign/core/http';

/** A third-party controller that you cannot decorate, and its requirements. */
export interface ExemptController {
  readonly controller: Type;
  readonly as: 'public' | readonly Requirement[];
}

/** The options of `CountersignModule.forRoot`: those of `createVerifier`, such as `service` and `trust`, and the following. */
export interface CountersignOptions extends Omit<VerifierOptions, 'onWarning' | 'keyStore'> {
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
  /** What applies to handlers without a requirement. Default `refuse`: the application does not start. */
  readonly undecorated?: 'refuse' | 'authenticated';
  /** Third-party controllers that you cannot decorate, such as a metrics endpoint. Default: none. */
  readonly exempt?: readonly ExemptController[];
  /** A provider that loads the application's own user for each request. Default: none. */
  readonly subjects?: Type<SubjectResolver>;
  /** Receives a record of each decision. Default: Nest's logger. */
  readonly decisions?: DecisionRecorder;
  /**
   * Which requests run in an async scope, which `RequestScope` needs. Default `auto`: all requests, if something that reads the
   * scope is injected or a destination is declared; otherwise none, because on Node 20 a scope costs more than the rest of the
   * check. `always`: for code that gets `RequestScope` from `app.get()` or a `ModuleRef`.
   */
  readonly requestScope?: 'auto' | 'always';
  /** The maximum size of a request body in bytes; larger ones are refused with 413. `@BodyLimit()` sets that of a route, and the parsers of Nest have limits of their own. Default 1,048,576. */
  readonly maxBodyBytes?: number;
  /**
   * The property of the request in which a serverless platform left the body as it was sent, such as `rawBody` on Google Cloud
   * Functions. See `docs/serverless.md`. Default: none; then a body that was read before is never trusted.
   */
  readonly rawBodyProperty?: string;
  /** Serves `/.well-known/oauth-protected-resource` (RFC 9728) and names it in challenges. Default false. */
  readonly resourceMetadata?: boolean | ResourceMetadataOptions;
}

/** The options of `CountersignModule.forRootAsync`. */
export interface CountersignAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  // What is injected is known to Nest only, as in `FactoryProvider`.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly useFactory: (...injected: any[]) => CountersignOptions | Promise<CountersignOptions>;
  /** As `subjects` of `CountersignOptions`. */
  readonly subjects?: Type<SubjectResolver>;
}

/** The options with their defaults filled in. */
export interface ResolvedOptions {
  readonly verifier: Omit<VerifierOptions, 'onWarning' | 'keyStore'>;
  readonly service: string;
  readonly clock: Clock;
  readonly keys: KeyStoreOptions | KeyStore | undefined;
  readonly hydrate: 'background' | { readonly timeoutMs: number } | false;
  readonly destinations: readonly DestinationRecord[];
  readonly undeclared: 'refuse' | 'send-without-token';
  readonly tokenCache: TokenCache | undefined;
  readonly maxBufferedBodyBytes: number;
  readonly allowInsecureHttpForLocalDevelopment: boolean;
  readonly undecorated: 'refuse' | 'authenticated';
  readonly exempt: readonly ExemptController[];
  readonly subjects: Type<SubjectResolver> | undefined;
  readonly decisions: DecisionRecorder;
  readonly requestScope: 'auto' | 'always';
  readonly maxBodyBytes: number;
  readonly rawBodyProperty: string | undefined;
  readonly resourceMetadata: ResourceMetadata | undefined;
}

const OWN_MEMBERS = [
  'keys', 'hydrate', 'destinations', 'undeclared', 'tokenCache', 'maxBufferedBodyBytes', 'undecorated', 'exempt', 'subjects',
  'decisions', 'requestScope', 'maxBodyBytes', 'rawBodyProperty', 'resourceMetadata',
] as const; // prettier-ignore
const VERIFIER_MEMBERS = [
  'service', 'trust', 'replayStore', 'clock', 'maxTokenBytes', 'acceptTokensFromSelf', 'recall', 'jwks', 'publicOnly',
  'onKeyEvent', 'allowInsecureHttpForLocalDevelopment', 'dpop',
] as const; // prettier-ignore

const SIZES = { fallback: 1_048_576, min: 0, max: 1_073_741_824 } as const;

/**
 * Checks the module's own options and fills in their defaults. Core checks `service`, `trust`, `keys`, `destinations`.
 * @param defaultRecorder receives the decisions where the options name no recorder.
 * @throws TypeError naming the option, also one that does not exist.
 */
export function readOptions(options: CountersignOptions, defaultRecorder: DecisionRecorder): ResolvedOptions {
  const read = new OptionsReader(options, '', [...VERIFIER_MEMBERS, ...OWN_MEMBERS]);
  read.string('service');
  if (!read.has('trust'))
    throw invalidOption(read.at('trust'), 'must be an array of trust records; [] trusts nobody');
  const { keys, hydrate, destinations, undeclared, tokenCache, maxBufferedBodyBytes, ...rest } = options;
  const {
    undecorated,
    exempt,
    subjects,
    decisions,
    requestScope,
    maxBodyBytes,
    rawBodyProperty,
    resourceMetadata,
    ...verifier
  } = rest;
  const insecure = read.boolean('allowInsecureHttpForLocalDevelopment', false);
  return {
    verifier,
    service: options.service,
    clock: options.clock ?? systemClock,
    keys: readKeys(keys, read.at('keys')),
    hydrate: readHydrate(hydrate, read.at('hydrate')),
    destinations: destinations ?? [],
    undeclared: read.oneOf('undeclared', ['refuse', 'send-without-token'], 'refuse'),
    tokenCache: readTokenCache(tokenCache, read.at('tokenCache')),
    maxBufferedBodyBytes: read.number('maxBufferedBodyBytes', SIZES),
    allowInsecureHttpForLocalDevelopment: insecure,
    undecorated: read.oneOf('undecorated', ['refuse', 'authenticated'], 'refuse'),
    exempt: readExempt(exempt ?? []),
    subjects: readClass(subjects, read.at('subjects')),
    decisions: decisions ?? defaultRecorder,
    requestScope: read.oneOf('requestScope', ['auto', 'always'], 'auto'),
    maxBodyBytes: read.number('maxBodyBytes', SIZES),
    rawBodyProperty: read.has('rawBodyProperty') ? read.string('rawBodyProperty') : undefined,
    resourceMetadata: readResourceMetadata(resourceMetadata, options.service, insecure),
  };
}

function readKeys(value: CountersignOptions['keys'], path: string): ResolvedOptions['keys'] {
  const given: unknown = value;
  if (given === undefined || (typeof given === 'object' && given !== null)) return value;
  throw invalidOption(path, 'must say where our own keys are, or be left out where there are none');
}

/** Whether `keys` is a key store already. */
export function isKeyStore(keys: KeyStoreOptions | KeyStore): keys is KeyStore {
  return 'signer' in keys && typeof keys.signer === 'function';
}

function readHydrate(value: CountersignOptions['hydrate'], path: string): ResolvedOptions['hydrate'] {
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

function readClass(
  value: Type<SubjectResolver> | undefined,
  path: string,
): Type<SubjectResolver> | undefined {
  if (value !== undefined && typeof value !== 'function') throw invalidOption(path, 'must be a class');
  return value;
}

function readExempt(value: readonly ExemptController[]): readonly ExemptController[] {
  if (!Array.isArray(value)) throw invalidOption('exempt', 'must be an array');
  return value.map((element: ExemptController, index) => {
    const path = `exempt[${String(index)}]`;
    const read = new OptionsReader(element, path, ['controller', 'as']);
    if (typeof read.raw('controller') !== 'function')
      throw invalidOption(read.at('controller'), 'must be a class');
    const as = read.raw('as');
    if (as === 'public') return { controller: element.controller, as };
    if (!Array.isArray(as) || as.length === 0) {
      throw invalidOption(read.at('as'), "must be 'public' or a list of at least one requirement");
    }
    return {
      controller: element.controller,
      as: as.map((each, at) => readRequirement(each, `${path}.as[${String(at)}]`)),
    };
  });
}

function readRequirement(value: unknown, path: string): Requirement {
  const read = new OptionsReader(value, path, ['kind', 'anyOf', 'is']);
  const kind = read.oneOf('kind', ['authenticated', 'caller', 'subject', 'scope', 'role']);
  if (kind === 'authenticated') return { kind };
  if (kind === 'subject') return { kind, is: read.oneOf('is', ['user', 'service']) };
  const anyOf = read.strings('anyOf');
  if (anyOf.length === 0) throw invalidOption(read.at('anyOf'), 'must hold at least one name');
  return { kind, anyOf };
}
