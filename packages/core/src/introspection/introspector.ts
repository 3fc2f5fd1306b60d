import { tokenHash } from '../binding.js';
import { systemClock, type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { type KeyStore } from '../keys/key-store.js';
import { type TrustedIssuer, type TrustStore } from '../keys/trust-store.js';
import { claim, type Claims, type SignedToken } from '../token.js';
import { createAnswerCache, type Answer } from './answer-cache.js';
import { createIntrospectionEndpoint } from './introspection-endpoint.js';

/** Finds out whose an opaque token is, and what it says. */
export interface Introspector {
  readonly issuer: TrustedIssuer;
  /**
   * Asks the issuer about a token, unless it was asked a moment ago. The claims of its answer are not validated yet.
   * @throws CountersignError `token_inactive`, `claim_invalid`; `introspection_unavailable` when it cannot be asked.
   */
  vouch(token: string): Promise<SignedToken>;
}

export interface IntrospectorOptions {
  readonly trust: TrustStore;
  readonly keyStore: KeyStore | undefined;
  readonly clock: Clock | undefined;
  readonly publicOnly: boolean;
}

/** Questions that are under way at once: whoever makes up tokens must not make us hold up the issuer. */
const MAX_PENDING = 64;

/** `token_type` of an access token (RFC 6749 section 7.1, RFC 9449 section 5); a refresh token has none. */
const ACCESS_TOKEN_TYPES: ReadonlySet<unknown> = new Set(['bearer', 'dpop']);

/**
 * Makes the introspector of the one trust record that asks for it.
 * @returns undefined when none does.
 * @throws TypeError naming the member of the record.
 */
export function createIntrospector(options: IntrospectorOptions): Introspector | undefined {
  const { trust, keyStore, clock = systemClock, publicOnly } = options;
  const index = trust.issuers.findIndex(
    ({ introspection, proofOnly }) => introspection !== undefined && !proofOnly,
  );
  const issuer = trust.issuers[index];
  const introspection = issuer?.introspection;
  if (issuer === undefined || introspection === undefined) return undefined;
  const { name } = issuer;
  const { cacheSeconds } = introspection;
  const path = `trust[${String(index)}].introspection`;
  const where = { name, issuer: issuer.issuer, path, introspection };
  const endpoint = createIntrospectionEndpoint({ ...where, keyStore, clock, publicOnly });
  const cache = createAnswerCache(cacheSeconds, clock);
  const pending = new Map<string, { readonly askedAt: number; readonly answer: Promise<Answer> }>();
  let underWay = 0;

  async function ask(key: string, token: string, askedAt: number): Promise<Answer> {
    underWay++;
    try {
      const claims = await endpoint.ask(token);
      const answer = claims !== undefined && isAccessToken(claims) ? claims : 'inactive';
      cache.set(key, answer, askedAt);
      return answer;
    } finally {
      underWay--;
      if (pending.get(key)?.askedAt === askedAt) pending.delete(key);
    }
  }

  async function answerTo(token: string): Promise<Answer> {
    const key = tokenHash(token);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const now = clock.monotonic();
    const asked = pending.get(key);
    // Whoever comes later shares the answer, but none that would be too old for the cache.
    if (asked !== undefined && now < asked.askedAt + cacheSeconds) return asked.answer;
    if (underWay >= MAX_PENDING) {
      const problem = `${name} is being asked about ${String(MAX_PENDING)} tokens already`;
      throw new CountersignError('introspection_unavailable', problem, { retryAfterSeconds: 1 });
    }
    const answer = ask(key, token, now);
    pending.set(key, { askedAt: now, answer });
    return answer;
  }

  return {
    issuer,
    async vouch(token) {
      const claims = await answerTo(token);
      if (claims === 'inactive')
        throw new CountersignError(
          'token_inactive',
          `${issuer.name} says that the token is no active access token`,
        );
      const said = claim(claims, 'iss');
      if (said !== undefined && said !== issuer.issuer)
        throw new CountersignError('claim_invalid', `${issuer.name} answered for another issuer`);
      const { caller } = issuer;
      return { caller, keyId: 'introspection', header: undefined, claims } as SignedToken;
    },
  };
}

function isAccessToken(claims: Claims): boolean {
  const type = claim(claims, 'token_type');
  return typeof type === 'string' && ACCESS_TOKEN_TYPES.has(type.toLowerCase());
}
