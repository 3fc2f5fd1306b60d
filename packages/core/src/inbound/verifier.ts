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
import { memoryReplayStore } from './replay/memory-replay-store.js';
import { useOnce, type ReplayStore } from './replay/replay.js';

/** The options of `createVerifier`: who this service is, whom it trusts, and where it remembers used tokens. */
export interface VerifierOptions extends TrustStoreOptions {
  /** The identifier of this service: the only `aud` that it accepts. */
  readonly service: string;
  /** Default: in this process. */
  readonly replayStore?: ReplayStore;
  /** Longest accepted token. Default 8,192. */
  readonly maxTokenBytes?: number;
  /** Accepts tokens whose issuer is this service itself. Default false. */
  readonly acceptTokensFromSelf?: boolean;
  /**
   * Whether the signature and claims of a token that was accepted before are taken as read. Default yes, for 8,192 tokens
   * and at most 60 seconds each. `docs/inbound.md` says what is checked again.
   */
  readonly recall?: false | RecallOptions;
  /** How proofs of possession are checked (RFC 9449). */
  readonly dpop?: DpopOptions;
  /** Our own keys, for asking an issuer about opaque tokens as the client that they prove. */
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

/** Authenticates requests. */
export interface Verifier {
  readonly service: string;
  /** Whether some trust record accepts MD5 body hashes, so that bodies must be hashed twice. */
  readonly hashesMd5: boolean;
  /** What challenges and metadata say about DPoP. */
  readonly dpop: AnnouncedDpop;
  /** The trusted issuers, other than our own services, that clients can find by their metadata. */
  readonly authorizationServers: readonly string[];
  /**
   * Authenticates a request: steps 1 to 8 of `docs/inbound.md`.
   * Does not authorize, and does not notice that a single-use token was used before: `useOnce` does.
   * @returns the answer itself where nothing has to be waited for, as for a token that is recalled. `await` takes both.
   * @throws CountersignError with the code of the first step that fails, or the promise rejects with it; `token_missing`
   * when no token was sent.
   */
  authenticate(request: InboundRequest): Authentication | Promise<Authentication>;
  /**
   * Lets a single-use token, and the DPoP proof of a token, through once. Call it last, when nothing else can refuse the
   * request.
   * @throws CountersignError `token_replayed`, `dpop_proof_replayed`, `replay_store_unavailable`; `token_expired` or
   * `dpop_proof_invalid` when the time of the token or of its proof ran out meanwhile.
   */
  useOnce(authentication: Authentication): Promise<void>;
  /** Fetches the keys of all trusted issuers at start, as `TrustStore` says it. Without it, the first request of each does. */
  hydrate: TrustStore['hydrate'];
  /** How the keys of all trusted issuers stand; asks nobody. */
  keyStatus: TrustStore['keyStatus'];
  /**
   * Whom this service trusts, and for what, in the order of the trust records: for diagrams and start-up reports. Holds no
   * key and no secret. Frozen, and can be written as JSON.
   */
  describeTrust(): readonly IssuerDescription[];
}

const OWN_OPTIONS = [
  'service', 'replayStore', 'maxTokenBytes', 'acceptTokensFromSelf', 'recall', 'dpop', 'keyStore',
] as const; // prettier-ignore

/**
 * Makes a verifier from plain data.
 * @throws TypeError naming the option that cannot be.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const read = new OptionsReader(options, '', [...OWN_OPTIONS, ...TRUST_STORE_OPTIONS]);
  const service = read.string('service');
  const maxTokenBytes = read.number('maxTokenBytes', { fallback: 8192, min: 256, max: 1_048_576 });
  const acceptTokensFromSelf = read.boolean('acceptTokensFromSelf', false);
  const { clock = systemClock, replayStore = memoryReplayStore({ clock }) } = options;
  const trust = trustStoreOf(options, read, service);
  const introspector = createIntrospector({
    trust,
    keyStore: options.keyStore,
    clock,
    publicOnly: options.publicOnly ?? false,
  });
  const dpop = readDpopOptions(read.raw('dpop'), service, clock);

  const recall = createRecall(read.raw('recall'), clock);
  const parts = { service, trust, introspector, recall, dpop, clock, maxTokenBytes, acceptTokensFromSelf };

  return {
    service,
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
