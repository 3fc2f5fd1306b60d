import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { CountersignError } from '../../src/errors.js';
import { memoryTokenCache, type TokenCache } from '../../src/outbound/cache/token-cache.js';
import { cachedTokens, type CachedTokens } from '../../src/outbound/cache/cached-tokens.js';
import { type IssuedToken, type TokenOffer } from '../../src/outbound/token-source.js';

/** Where tokens come from in these tests: a source that counts, and fails or does not answer when it is told to. */
export interface Source {
  /** How many tokens were asked for. */
  requests(): number;
  /** From now on no token can be had; who waits for one is told so. */
  fail(): void;
  /** From now on it does not answer, until it fails or recovers. */
  stall(): void;
  recover(): void;
  offer(cacheKey?: string | null): TokenOffer;
}

function createSource(clock: FixedClock, lifetimeSeconds: number): Source {
  let requests = 0;
  let isDown = false;
  let isStalled = false;
  const waiting: (() => void)[] = [];
  const answer = (down: boolean): void => {
    isDown = down;
    isStalled = false;
    waiting.splice(0).forEach((go) => go());
  };
  return {
    requests: () => requests,
    fail: () => answer(true),
    recover: () => answer(false),
    stall: () => void (isStalled = true),
    offer: (cacheKey = 'reads') => ({
      cacheKey: cacheKey ?? undefined,
      async issue() {
        requests++;
        const number = requests;
        await new Promise<void>((go) => {
          if (isStalled) waiting.push(go);
          else setImmediate(go);
        });
        if (isDown) throw new CountersignError('token_unavailable', 'the endpoint is down');
        return issuedToken(`${cacheKey ?? 'bound'} #${String(number)}`, clock.now(), lifetimeSeconds);
      },
    }),
  };
}

export function issuedToken(token: string, issuedAt: number, lifetimeSeconds: number): IssuedToken {
  return {
    token,
    claims: {
      issuer: 'https://idp.example',
      audience: 'https://census.service/',
      subject: undefined,
      scopes: [],
      actors: [],
      transactionId: undefined,
      tokenId: undefined,
      keyId: undefined,
      issuedAt,
      expiresAt: issuedAt + lifetimeSeconds,
      bound: false,
    },
  };
}

/** A cache that keeps text, as a shared one does: each token that comes out of it is another object. */
export function serialisingCache(): TokenCache {
  const texts = new Map<string, string>();
  return {
    get(key) {
      const text = texts.get(key);
      return Promise.resolve(text === undefined ? undefined : (JSON.parse(text) as IssuedToken));
    },
    set: (key, issued) => Promise.resolve(void texts.set(key, JSON.stringify(issued))),
  };
}

export interface Scene {
  readonly clock: FixedClock;
  readonly source: Source;
  readonly warnings: string[];
  readonly tokens: CachedTokens;
  /** The text of the token that a call gets. */
  call(key?: string): Promise<string>;
  /** The same for a call that is made again, because the token of the first one was refused. */
  repeatedCall(): Promise<string>;
  /** A call whose token the called service refuses: that token, and whether calls that follow ask for another. */
  refusedCall(restSeconds?: number): Promise<readonly [string, boolean]>;
}

export function createScene({
  lifetimeSeconds = 3600,
  cache,
}: { lifetimeSeconds?: number; cache?: TokenCache } = {}): Scene {
  const clock = createFixedClock();
  const source = createSource(clock, lifetimeSeconds);
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  const tokens = cachedTokens({ cache: cache ?? memoryTokenCache({ clock }), clock, onWarning });
  return {
    clock,
    source,
    warnings,
    tokens,
    call: async (key) => (await tokens.get(source.offer(key), 'census', false)).token,
    repeatedCall: async () => (await tokens.get(source.offer(), 'census', true)).token,
    async refusedCall(restSeconds = 30) {
      const issued = await tokens.get(source.offer(), 'census', false);
      return [issued.token, tokens.refuse(issued, restSeconds)];
    },
  };
}
