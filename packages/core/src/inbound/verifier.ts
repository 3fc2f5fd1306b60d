import { randomUUID } from 'node:crypto';
import { isWrite } from '../binding.js';
import { systemClock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { createTrustStore, type TrustedIssuer, type TrustStoreOptions } from '../keys/trust-store.js';
import { invalidOption } from '../options.js';
import { toPrincipal, type Authentication } from '../principal.js';
import { claim, type ValidatedToken } from '../token.js';
import { checkBinding, type BoundRequest } from './body-binding.js';
import { checkDelegation } from './delegation.js';
import { extractToken, type TokenRequest } from './extract-token.js';
import { readUnverified } from './read-unverified.js';
import { memoryReplayStore, useOnce, type ReplayStore } from './replay.js';
import { validateClaims } from './validate-claims.js';
import { verifySignature } from './verify-signature.js';

/** What a verifier reads of a request. */
export type InboundRequest = TokenRequest & BoundRequest;

export interface VerifierOptions extends TrustStoreOptions {
  /** The identifier of this service: the only `aud` that it accepts. */
  readonly service: string;
  /** Default: in this process. */
  readonly replayStore?: ReplayStore;
  /** Longest accepted token. Default 8,192. */
  readonly maxTokenBytes?: number;
  /** Accepts tokens whose issuer is this service itself. Default false. */
  readonly acceptTokensFromSelf?: boolean;
}

/** Authenticates requests: this file is the table of contents of `inbound/`. */
export interface Verifier {
  readonly service: string;
  /** Whether some trust record accepts MD5 body hashes, so that bodies must be hashed twice. */
  readonly hashesMd5: boolean;
  /**
   * Authenticates a request: steps 1 to 8 of `docs/inbound.md`.
   * Does not authorize, and does not notice that a single-use token was used before: `useOnce` does.
   * @throws CountersignError with the code of the first step that fails; `token_missing` when no token was sent.
   */
  authenticate(request: InboundRequest): Promise<Authentication>;
  /**
   * Lets a single-use token through once. Call it last, when nothing else can refuse the request.
   * @throws CountersignError `token_replayed`, `replay_store_unavailable`.
   */
  useOnce(authentication: Authentication): Promise<void>;
}

/**
 * Makes a verifier from plain data.
 * @throws TypeError naming the option that cannot be.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const { service, clock = systemClock, maxTokenBytes = 8192, acceptTokensFromSelf = false } = options;
  if (typeof service !== 'string' || service === '')
    throw invalidOption('service', 'must be the identifier of this service');
  const trust = createTrustStore(options);
  const replayStore = options.replayStore ?? memoryReplayStore({ clock });

  return {
    service,
    hashesMd5: trust.issuers.some((issuer) => issuer.acceptMd5BodyHash),

    async authenticate(request) {
      const token = extractToken(request);
      if (token === undefined) throw new CountersignError('token_missing', 'the request carries no token');
      const unverified = readUnverified(token, maxTokenBytes);
      const issuer = trust.trusted(claim(unverified.claims, 'iss'));
      const now = clock.now();
      const signed = await verifySignature(unverified, issuer);
      const validated = validateClaims(signed, issuer, {
        audience: service,
        now,
        acceptTokensFromSelf,
      });
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
      return { principal, token, proofs, keyId, audiences, bound, singleUse };
    },

    useOnce: (authentication) => useOnce(authentication, replayStore),
  };
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
