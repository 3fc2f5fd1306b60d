import { systemClock } from '../clock.js';
import { createIntrospector } from './introspection/introspector.js';
import { type KeyStore } from '../signing-keys/key-store.js';
import { describeIssuer, type IssuerDescription } from '../trust/describe-issuer.js';
import {
  TRUST_STORE_OPTIONS,
  trustStoreOf,
  type TrustStore,
  type TrustedIssuer,
  type TrustStoreOptions,
} from '../trust/trust-store.js';
import { OptionsReader } from '../options.js';
import { type Authentication } from '../principal.js';
import { SERVICE_TOKEN_TYPE } from '../token.js';
import { authenticate, type InboundRequest } from './authenticate.js';
import { readDpopOptions, type DpopOptions } from './proof-of-possession/dpop-options.js';
import { createRecall, type RecallOptions } from './recall.js';
import { readPublicUrl, type PublicAddresses } from './binding/public-addresses.js';
import { readTokenHeaders } from './token-headers.js';
import { memoryReplayStore } from './replay/memory-replay-store.js';
import { useOnce, type ReplayStore } from './replay/replay.js';

/** The options of `createVerifier`: who this service is, whom it trusts, and where it remembers used tokens. */
export interface VerifierOptions extends TrustStoreOptions {
  /** The identifier of this service. Tokens must contain it as `aud`. */
  readonly service: string;
  /** Where used tokens are recorded. Default: in the memory of this process; several replicas need a shared store. */
  readonly replayStore?: ReplayStore;
  /**
   * The base URLs at which `/` of this service is called, such as `https://api.example/census/` where a proxy strips the prefix
   * `/census`. Bound writes must be for a path under one of them, and DPoP proofs for a URL; links begin with the first.
   * Requests are compared with these only, never with `Host` or `X-Forwarded-*`. Default: paths are called as they arrive, under
   * `service`.
   */
  readonly publicUrl?: string | readonly string[];
  /**
   * The headers that carry the token, in place of `Authorization` and `JWT`, as `['X-Forwarded-Authorization']` behind a gateway
   * that has a token of its own in `Authorization`. One of them may carry a token, as `Bearer <token>`, `DPoP <token>` or, but in
   * `Authorization`, the token alone. The gateway must remove these headers from what its clients send. Default: the two.
   */
  readonly tokenHeaders?: readonly string[];
  /** The maximum length of a token, in bytes. Default 8,192. */
  readonly maxTokenBytes?: number;
  /** Accepts tokens whose issuer is this service itself. Default false. */
  readonly acceptTokensFromSelf?: boolean;
  /**
   * Remembers tokens that were accepted, so that their signature and claims are not checked on every request. Default: on,
   * for 8,192 tokens and at most 60 seconds each. `docs/inbound.md` lists what is checked again.
   */
  readonly recall?: false | RecallOptions;
  /** How proofs of possession are checked (RFC 9449). */
  readonly dpop?: DpopOptions;
  /** The keys of this service. Needed only for introspection with `private_key_jwt`. */
  readonly keyStore?: KeyStore;
}

/** What clients are told about DPoP. */
export interface AnnouncedDpop {
  /** Of proofs that are accepted; empty where no bound token is. */
  readonly algorithms: readonly string[];
  /** Whether some trust record asks for it by name, so that challenges ask for it too. */
  readonly isAnnounced: boolean;
  /** Whether every issuer's tokens must be bound to a key. */
  readonly isRequired: boolean;
}

/** Authenticates requests. Made by `createVerifier`. */
export interface Verifier {
  readonly service: string;
  /** Whether a trust record accepts MD5 body hashes, so that the adapter must compute both hashes. */
  readonly hashesMd5: boolean;
  /** The option `publicUrl`; undefined where it is left out. */
  readonly publicAddresses: PublicAddresses | undefined;
  /** The option `tokenHeaders`, in small letters; undefined for `Authorization` and `JWT`. */
  readonly tokenHeaders: readonly string[] | undefined;
  /** What to say about DPoP in challenges and metadata. */
  readonly dpop: AnnouncedDpop;
  /** The trusted identity providers that publish metadata. */
  readonly authorizationServers: readonly string[];
  /**
   * Authenticates a request: steps 1 to 8 of `docs/inbound.md`.
   *
   * Does not check scopes, roles or callers: `authorize` does. Does not detect a second use of a single-use token: `useOnce`
   * does.
   * @returns the answer itself where nothing has to be waited for, as for a token that is recalled. `await` takes both.
   * @throws CountersignError with the code of the first step that fails, or the promise rejects with it; `token_missing`
   * when no token was sent.
   */
  authenticate(request: InboundRequest): Authentication | Promise<Authentication>;
  /**
   * Records the use of a single-use token and of a DPoP proof, and refuses a second use. Call it last, when nothing else can
   * refuse the request.
   * @throws CountersignError `token_replayed`, `dpop_proof_replayed`, `replay_store_unavailable`; `token_expired` or
   * `dpop_proof_invalid` if the token or its proof expired meanwhile.
   */
  useOnce(authentication: Authentication): Promise<void>;
  /** Fetches the keys of all trusted issuers at start. Otherwise they are fetched on the first request of each issuer. */
  hydrate: TrustStore['hydrate'];
  /** Returns the state of the keys of all trusted issuers. Makes no request. */
  keyStatus: TrustStore['keyStatus'];
  /**
   * Describes which issuers are trusted, and for what, in the order of the trust records: for diagrams and start-up reports.
   * Contains no key and no secret. The result is frozen and can be serialised as JSON.
   */
  describeTrust(): readonly IssuerDescription[];
}

const OWN_OPTIONS = [
  'service', 'replayStore', 'publicUrl', 'tokenHeaders', 'maxTokenBytes', 'acceptTokensFromSelf', 'recall', 'dpop', 'keyStore',
] as const; // prettier-ignore

/**
 * Creates a verifier, which authenticates the requests to one service.
 *
 * Makes no network request: keys are fetched when they are first needed, or by `hydrate()`.
 *
 * @example
 * const verifier = createVerifier({
 *   service: 'https://census.service/',
 *   trust: [
 *     {
 *       name: 'herald',
 *       issuer: 'https://herald.service/',
 *       keys: { jwksUri: 'https://herald.service/.well-known/jwks.json' },
 *       scopes: ['user:read'],
 *     },
 *   ],
 * });
 *
 * @throws TypeError naming the option that is not valid, with the code `config_invalid`.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const read = new OptionsReader(options, '', [...OWN_OPTIONS, ...TRUST_STORE_OPTIONS]);
  const service = read.string('service');
  const maxTokenBytes = read.number('maxTokenBytes', { fallback: 8192, min: 256, max: 1_048_576 });
  const tokenHeaders = readTokenHeaders(read);
  const acceptTokensFromSelf = read.boolean('acceptTokensFromSelf', false);
  const { clock = systemClock, replayStore = memoryReplayStore({ clock }) } = options;
  const trust = trustStoreOf(options, read, service);
  const introspector = createIntrospector({
    trust,
    keyStore: options.keyStore,
    clock,
    publicOnly: options.publicOnly ?? false,
  });
  const publicAddresses = readPublicUrl(read);
  const dpop = readDpopOptions(read.raw('dpop'), { service, publicAddresses }, clock);

  const recall = createRecall(read.raw('recall'), clock);
  const sending = { publicAddresses, tokenHeaders, maxTokenBytes, acceptTokensFromSelf };
  const parts = { service, trust, introspector, recall, dpop, clock, ...sending };

  return {
    service,
    publicAddresses,
    tokenHeaders,
    dpop: {
      algorithms: trust.issuers.some((issuer) => issuer.dpop !== 'off') ? dpop.algorithmNames : [],
      isAnnounced: trust.issuers.some((issuer) => issuer.announcesDpop),
      isRequired: trust.issuers.length > 0 && trust.issuers.every((issuer) => issuer.dpop === 'required'),
    },
    authorizationServers: trust.issuers.filter(isAuthorizationServer).map(({ issuer }) => issuer),
    hashesMd5: trust.issuers.some((issuer) => issuer.acceptMd5BodyHash),
    authenticate: (request) => authenticate(request, parts),
    useOnce: (authentication) => useOnce(authentication, replayStore, clock.now()),
    hydrate: (limits) => trust.hydrate(limits),
    keyStatus: () => trust.keyStatus(),
    describeTrust: () => Object.freeze(trust.issuers.map(describeIssuer)),
  };
}

function isAuthorizationServer({ tokenType, proofOnly, hasMetadata }: TrustedIssuer): boolean {
  return tokenType !== SERVICE_TOKEN_TYPE && !proofOnly && hasMetadata;
}
