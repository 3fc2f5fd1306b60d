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
import { OptionsReader } from '../options.js';
import { toPrincipal, type Authentication } from '../principal.js';
import { claim, type UnverifiedToken, type ValidatedToken } from '../token.js';
import { whenReady, type Awaitable } from './awaitable.js';
import { checkBinding, type BoundRequest } from './body-binding.js';
import { checkDelegation } from './delegation.js';
import { extractSent, requireToken, type TokenRequest } from './extract-token.js';
import { readUnverified } from './read-unverified.js';
import { createRecall, type CheckedToken, type Recall, type RecallOptions } from './recall.js';
import { memoryReplayStore, useOnce, type ReplayStore } from './replay.js';
import { checkTimes, validateClaims } from './validate-claims.js';
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
  /**
   * Whether the signature and claims of a token that was accepted before are taken as read. Default yes, for 8,192 tokens
   * and at most 60 seconds each. `docs/inbound.md` says what is checked again.
   */
  readonly recall?: false | RecallOptions;
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

const OWN_OPTIONS = ['service', 'replayStore', 'maxTokenBytes', 'acceptTokensFromSelf', 'recall'] as const;

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

  const recall = createRecall(read.raw('recall'), clock);
  const parts = { service, trust, recall, clock, maxTokenBytes, acceptTokensFromSelf };

  return {
    service,
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
  readonly recall: Recall;
  readonly clock: Clock;
  readonly maxTokenBytes: number;
  readonly acceptTokensFromSelf: boolean;
}

/** Steps 1 to 8, the middle ones from memory where the token was accepted before. */
function authenticate(request: InboundRequest, parts: VerifierParts): Awaitable<Authentication> {
  const sent = extractSent(request);
  if (sent === undefined) throw new CountersignError('token_missing', 'the request carries no token');
  const { clock, recall } = parts;
  const name = recall.nameOf(sent);
  const recalled = recall.find(name);
  if (recalled !== undefined) {
    checkTimes(recalled.token, recalled.issuer, clock.now());
    return accept(recalled, sent, request, parts, () => undefined);
  }
  return whenReady(check(sent, parts), (checked) =>
    accept(checked, sent, request, parts, (accepted) => {
      recall.remember(name, accepted, sent.length, clock.now());
    }),
  );
}

/** Steps 2 to 5: what is true of a token whatever the request. */
function check(sent: string, parts: VerifierParts): Awaitable<CheckedToken> {
  const { acceptTokensFromSelf, clock, service: audience, trust } = parts;
  const unverified = readSent(sent, parts.maxTokenBytes);
  const issuer = trust.trusted(claim(unverified.claims, 'iss'));
  return whenReady(verifySignature(unverified, issuer), (signed) => {
    const token = validateClaims(signed, issuer, { audience, now: clock.now(), acceptTokensFromSelf });
    return { token, issuer, kid: unverified.header.kid, key: signed.key, actors: undefined };
  });
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

/** Steps 6 to 8: what depends on the request, and so is done for every one. */
function accept(
  checked: CheckedToken,
  sent: string,
  request: InboundRequest,
  parts: VerifierParts,
  remember: (accepted: CheckedToken) => void,
): Awaitable<Authentication> {
  const { token, issuer } = checked;
  return whenReady(checkBinding(token, issuer, request, parts.service), (bound) =>
    whenReady(delegationOf(checked, request, parts), ({ actors, proofs }) => {
      const allowedScopes = issuer.scopes;
      const principal = toPrincipal(token, { allowedScopes, actors, newTransactionId: randomUUID });
      const singleUse = bound && isWrite(request.method) ? singleUseOf(token, issuer) : undefined;
      remember(proofs.length === 0 ? { ...checked, actors } : checked);
      return {
        principal,
        token: sent,
        proofs,
        keyId: token.keyId,
        audiences: [...token.audiences],
        roles: new Set(token.roles),
        bound,
        singleUse,
      };
    }),
  );
}

function delegationOf(checked: CheckedToken, request: InboundRequest, parts: VerifierParts) {
  const { actors, issuer, token } = checked;
  if (actors !== undefined) return { actors, proofs: [] };
  const { clock, maxTokenBytes, recall, trust } = parts;
  const { rawHeaders } = request;
  return checkDelegation(token, issuer, { rawHeaders, trust, recall, now: clock.now(), maxTokenBytes });
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
