import { randomUUID } from 'node:crypto';
import { isWrite } from '../binding.js';
import { systemClock } from '../clock.js';
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
import { claim, SERVICE_TOKEN_TYPE, type SignedToken, type ValidatedToken } from '../token.js';
import { checkBinding, type BoundRequest } from './body-binding.js';
import { checkConfirmation } from './confirmation.js';
import { checkDelegation } from './delegation.js';
import { readDpopOptions, type DpopOptions } from './dpop-options.js';
import { extractCredentials, type TokenRequest } from './extract-token.js';
import { readUnverified } from './read-unverified.js';
import { memoryReplayStore, useOnce, type ReplayStore } from './replay.js';
import { validateClaims } from './validate-claims.js';
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
   * Lets a single-use token through once. Call it last, when nothing else can refuse the request.
   * @throws CountersignError `token_replayed`, `replay_store_unavailable`; `token_expired` when its time ran out meanwhile.
   */
  useOnce(authentication: Authentication): Promise<void>;
  /** Fetches the keys of all trusted issuers at start, as `TrustStore` says it. Without it, the first request of each does. */
  hydrate: TrustStore['hydrate'];
}

const OWN_OPTIONS = [
  'service',
  'replayStore',
  'maxTokenBytes',
  'acceptTokensFromSelf',
  'dpop',
  'keyStore',
] as const;

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

  return {
    service,
    dpop: {
      algorithms: trust.issuers.some((issuer) => issuer.dpop !== 'off') ? dpop.algorithmNames : [],
      isAnnounced: trust.issuers.some((issuer) => issuer.announcesDpop),
      isRequired: trust.issuers.every((issuer) => issuer.dpop === 'required'),
    },
    authorizationServers: trust.issuers.filter(isAuthorizationServer).map(({ issuer }) => issuer),
    hashesMd5: trust.issuers.some((issuer) => issuer.acceptMd5BodyHash),

    async authenticate(request) {
      const credentials = extractCredentials(request);
      if (credentials === undefined)
        throw new CountersignError('token_missing', 'the request carries no token');
      const { token } = credentials;
      const { issuer, signed } = await readVouched(token, { trust, introspector, maxTokenBytes });
      const now = clock.now();
      const validated = validateClaims(signed, issuer, {
        audience: service,
        now,
        acceptTokensFromSelf,
        alias: issuer.audience,
        mayLackAudience: issuer.claims.optional.includes('aud'),
      });
      const { method, url, rawHeaders, clientCertificate } = request;
      const confirmed = { method, url, rawHeaders, clientCertificate, now, ...credentials };
      const proofUse = await checkConfirmation(validated, issuer, confirmed, dpop);
      const bound = await checkBinding(validated, issuer, request, service);
      const proofContext = { rawHeaders: request.rawHeaders, trust, now, maxTokenBytes };
      const { actors, proofs } = await checkDelegation(validated, issuer, proofContext);
      const principal = toPrincipal(validated, {
        allowedScopes: issuer.scopes,
        actors,
        newTransactionId: randomUUID,
      });
      const singleUse = bound && isWrite(request.method) ? singleUseOf(validated, issuer) : undefined;
      const { keyId, audiences } = validated;
      const roles = new Set(validated.roles);
      return { principal, token, proofs, keyId, audiences, roles, bound, singleUse, proofUse };
    },

    useOnce: (authentication) => useOnce(authentication, replayStore, clock.now()),
    hydrate: (limits) => trust.hydrate(limits),
  };
}

interface TokenReader {
  readonly trust: TrustStore;
  readonly introspector: Introspector | undefined;
  readonly maxTokenBytes: number;
}

/** A token that its issuer vouches for: by its signature, or because it was asked about an opaque one. */
async function readVouched(
  token: string,
  { trust, introspector, maxTokenBytes }: TokenReader,
): Promise<{ readonly issuer: TrustedIssuer; readonly signed: SignedToken }> {
  if (introspector !== undefined && !token.includes('.')) {
    if (token.length > maxTokenBytes)
      throw new CountersignError(
        'token_too_large',
        `the token is larger than ${String(maxTokenBytes)} bytes`,
      );
    return { issuer: introspector.issuer, signed: await introspector.vouch(token) };
  }
  const unverified = readUnverified(token, maxTokenBytes);
  const issuer = trust.trusted(claim(unverified.claims, 'iss'));
  return { issuer, signed: await verifySignature(unverified, issuer) };
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
