import { randomUUID } from 'node:crypto';
import { isWrite } from '../binding.js';
import { systemClock, type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import {
  TRUST_STORE_OPTIONS,
  trustStoreOf,
  type TrustStore,
  type TrustedIssuer,
  type TrustStoreOptions,
} from '../keys/trust-store.js';
import { createIntrospector, type Introspector } from '../introspection/introspector.js';
import { type KeyStore } from '../keys/key-store.js';
import { OptionsReader } from '../options.js';
import { toPrincipal, type Authentication } from '../principal.js';
import {
  claim,
  SERVICE_TOKEN_TYPE,
  type SignedToken,
  type UnverifiedToken,
  type ValidatedToken,
} from '../token.js';
import { whenReady, type Awaitable } from '../awaitable.js';
import { checkBinding, type BoundRequest } from './body-binding.js';
import { checkConfirmation } from './confirmation.js';
import { checkDelegation } from './delegation.js';
import { readDpopOptions, type DpopOptions, type DpopRules } from './dpop-options.js';
import { extractCredentials, requireToken, type Credentials, type TokenRequest } from './extract-token.js';
import { readUnverified } from './read-unverified.js';
import { createRecall, type CheckedToken, type Recall, type RecallOptions } from './recall.js';
import { memoryReplayStore, useOnce, type ReplayStore } from './replay.js';
import { checkTimes, validateClaims } from './validate-claims.js';
import { verifySignature } from './verify-signature.js';

/** What a verifier reads of a request. */
export interface InboundRequest extends TokenRequest, BoundRequest {
  /**
   * The client's certificate in DER, from the TLS connection itself and never from a header (RFC 8705 section 3). Asked for
   * only when a token is bound to one. Default: there is none.
   */
  readonly clientCertificate?: () => Uint8Array | undefined;
}

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

/** Authenticates requests: this file is the table of contents of `inbound/`. */
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
   * @throws CountersignError with the code of the first step that fails; `token_missing` when no token was sent.
   */
  authenticate(request: InboundRequest): Promise<Authentication>;
  /**
   * The same without a promise where nothing has to be waited for: for a token that is recalled, and for a new one whose
   * signature is short to check.
   * @throws CountersignError as `authenticate` rejects; a promise that it returns rejects too.
   */
  authenticateNow(request: InboundRequest): Authentication | Promise<Authentication>;
  /**
   * Lets a single-use token through once. Call it last, when nothing else can refuse the request.
   * @throws CountersignError `token_replayed`, `replay_store_unavailable`; `token_expired` when its time ran out meanwhile.
   */
  useOnce(authentication: Authentication): Promise<void>;
  /** Fetches the keys of all trusted issuers at start, as `TrustStore` says it. Without it, the first request of each does. */
  hydrate: TrustStore['hydrate'];
  /** How the keys of all trusted issuers stand; asks nobody. */
  keyStatus: TrustStore['keyStatus'];
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
  const maxTokenBytes = read.number('maxTokenBytes', { unless: 8192, min: 256, max: 1_048_576 });
  const acceptTokensFromSelf = read.boolean('acceptTokensFromSelf', false);
  const { clock = systemClock, replayStore = memoryReplayStore({ clock }) } = options;
  const trust = trustStoreOf(options, read);
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
      isRequired: trust.issuers.every((issuer) => issuer.dpop === 'required'),
    },
    authorizationServers: trust.issuers.filter(isAuthorizationServer).map(({ issuer }) => issuer),
    hashesMd5: trust.issuers.some((issuer) => issuer.acceptMd5BodyHash),
    authenticate: async (request) => authenticate(request, parts),
    authenticateNow: (request) => authenticate(request, parts),
    useOnce: (authentication) => useOnce(authentication, replayStore, clock.now()),
    hydrate: (limits) => trust.hydrate(limits),
    keyStatus: () => trust.keyStatus(),
  };
}

/** What requests are held against. */
interface VerifierParts {
  readonly service: string;
  readonly trust: TrustStore;
  readonly introspector: Introspector | undefined;
  readonly recall: Recall;
  readonly dpop: DpopRules;
  readonly clock: Clock;
  readonly maxTokenBytes: number;
  readonly acceptTokensFromSelf: boolean;
}

/** Steps 1 to 8, the middle ones from memory where the token was accepted before. */
function authenticate(request: InboundRequest, parts: VerifierParts): Awaitable<Authentication> {
  const sent = extractCredentials(request);
  if (sent === undefined) throw new CountersignError('token_missing', 'the request carries no token');
  const { clock, introspector, recall } = parts;
  const { token } = sent;
  // Never recalled: only what its issuer said of it is kept, and for as long as the trust record lets it.
  if (introspector !== undefined && !token.includes('.'))
    return askAbout(token, introspector, parts).then((vouched) => accept(vouched, sent, request, parts));
  const name = recall.nameOf(token);
  const recalled = recall.find(name);
  if (recalled !== undefined) {
    checkTimes(recalled.token, recalled.issuer, clock.now());
    return accept(recalled, sent, request, parts);
  }
  return whenReady(check(token, parts), (checked) =>
    accept(checked, sent, request, parts, (actors) => {
      recall.remember(name, { ...checked, actors }, token.length, clock.now());
    }),
  );
}

/** A token that its issuer vouches for, and whose claims hold. */
type Vouched = Pick<CheckedToken, 'token' | 'issuer' | 'actors'>;

/** Steps 2 to 5: what is true of a token whatever the request. */
function check(sent: string, parts: VerifierParts): Awaitable<CheckedToken> {
  const unverified = readSent(sent, parts.maxTokenBytes);
  const issuer = parts.trust.trusted(claim(unverified.claims, 'iss'));
  return whenReady(verifySignature(unverified, issuer), (signed) => {
    const token = validated(signed, issuer, parts);
    return { token, issuer, kid: unverified.header.kid, key: signed.key, actors: undefined };
  });
}

/** The same for an opaque token, by asking its issuer. */
async function askAbout(sent: string, introspector: Introspector, parts: VerifierParts): Promise<Vouched> {
  const { maxTokenBytes } = parts;
  requireToken(sent);
  if (sent.length > maxTokenBytes)
    throw new CountersignError('token_too_large', `the token is larger than ${String(maxTokenBytes)} bytes`);
  const { issuer } = introspector;
  const token = validated(await introspector.vouch(sent), issuer, parts);
  return { token, issuer, actors: undefined };
}

/** What can be read is one token; only what cannot has to be looked at once more, to say why. */
function readSent(sent: string, maxTokenBytes: number): UnverifiedToken {
  try {
    return readUnverified(sent, maxTokenBytes);
  } catch (error) {
    requireToken(sent);
    throw error;
  }
}

function validated(signed: SignedToken, issuer: TrustedIssuer, parts: VerifierParts): ValidatedToken {
  return validateClaims(signed, issuer, {
    audience: parts.service,
    now: parts.clock.now(),
    acceptTokensFromSelf: parts.acceptTokensFromSelf,
    alias: issuer.audience,
    mayLackAudience: issuer.claims.optional.includes('aud'),
  });
}

/** Steps 6 to 8: what depends on the request, and so is done for every one. */
function accept(
  vouched: Vouched,
  sent: Credentials,
  request: InboundRequest,
  parts: VerifierParts,
  remember?: (actors: Vouched['actors']) => void,
): Awaitable<Authentication> {
  const { token, issuer } = vouched;
  return whenReady(confirmationOf(vouched, sent, request, parts), (proofUse) =>
    whenReady(checkBinding(token, issuer, request, parts.service), (bound) =>
      whenReady(delegationOf(vouched, request, parts), ({ actors, proofs }) => {
        const allowedScopes = issuer.scopes;
        const principal = toPrincipal(token, { allowedScopes, actors, newTransactionId: randomUUID });
        const singleUse = bound && isWrite(request.method) ? singleUseOf(token, issuer) : undefined;
        remember?.(proofs.length === 0 ? actors : undefined);
        return {
          principal,
          token: sent.token,
          proofs,
          keyId: token.keyId,
          audiences: [...token.audiences],
          roles: new Set(token.roles),
          bound,
          singleUse,
          proofUse,
        };
      }),
    ),
  );
}

function confirmationOf(
  { token, issuer }: Vouched,
  sent: Credentials,
  { method, url, rawHeaders, clientCertificate }: InboundRequest,
  { clock, dpop }: VerifierParts,
) {
  const confirmed = { method, url, rawHeaders, clientCertificate, now: clock.now(), ...sent };
  return checkConfirmation(token, issuer, confirmed, dpop);
}

function delegationOf(
  { actors, issuer, token }: Vouched,
  { rawHeaders }: InboundRequest,
  parts: VerifierParts,
) {
  if (actors !== undefined) return { actors, proofs: [] };
  const { clock, maxTokenBytes, recall, trust } = parts;
  return checkDelegation(token, issuer, { rawHeaders, trust, recall, now: clock.now(), maxTokenBytes });
}

function isAuthorizationServer({ tokenType, proofOnly, hasMetadata }: TrustedIssuer): boolean {
  return tokenType !== SERVICE_TOKEN_TYPE && !proofOnly && hasMetadata;
}

/** A token is remembered by issuer and `jti` for as long as it would be accepted. */
function singleUseOf(token: ValidatedToken, issuer: TrustedIssuer): Authentication['singleUse'] {
  if (token.tokenId === undefined)
    throw new CountersignError('claim_missing', 'a single-use token needs a jti');
  return {
    key: JSON.stringify([token.issuer, token.tokenId]),
    expiresAt: token.expiresAt + issuer.clockToleranceSeconds,
  };
}
