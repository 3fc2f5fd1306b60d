import { tokenHash } from '../../binding.js';
import { type Clock } from '../../clock.js';
import { CountersignError } from '../../errors.js';
import { claim, type Claims } from '../../token.js';
import { createAnswerCache, type Answer } from './answer-cache.js';
import { networkOf } from './client-network.js';
import { FairTurns } from './fair-turns.js';
import { type IntrospectionEndpoint } from './introspection-endpoint.js';

/** Who sent a token. */
export interface Sender {
  /** Looked at only when the issuer is asked. */
  readonly clientAddress?: () => string | undefined;
}

/** What an issuer says of tokens. */
export interface Questions {
  /**
   * Asks about a token, unless that was done a moment ago: then nothing is waited for. Otherwise waits for a turn, which go
   * round by the senders' networks, and for the answer.
   * @throws CountersignError `introspection_unavailable`, also when too many wait.
   */
  answerTo(token: string, sender: Sender): Promise<Answer>;
}

export interface QuestionsOptions {
  /** The `name` of the trust record, for messages. */
  readonly name: string;
  readonly endpoint: IntrospectionEndpoint;
  readonly cacheSeconds: number;
  /** The longest wait for a turn. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Questions that are under way at once: whoever makes up tokens must not make us hold up the issuer. */
const MAX_PENDING = 64;

/** Questions that wait for others to be answered. */
const MAX_WAITING = 1024;

/** `token_type` of an access token (RFC 6749 section 7.1, RFC 9449 section 5); a refresh token has none. */
const ACCESS_TOKEN_TYPES: ReadonlySet<unknown> = new Set(['bearer', 'dpop']);

/** Makes what keeps answers, and asks for those that are missing. */
export function createQuestions(options: QuestionsOptions): Questions {
  const { name, endpoint, cacheSeconds, timeoutMs, clock } = options;
  const cache = createAnswerCache(cacheSeconds, clock);
  const pending = new Map<string, { readonly askedAt: number; readonly answer: Promise<Answer> }>();
  const turns = new FairTurns({ atOnce: MAX_PENDING, mostWaiting: MAX_WAITING, waitMs: timeoutMs });

  async function ask(key: string, token: string, askedAt: number): Promise<Answer> {
    try {
      const claims = await endpoint.ask(token);
      const answer = claims !== undefined && isAccessToken(claims) ? claims : 'inactive';
      cache.set(key, answer, askedAt);
      return answer;
    } finally {
      turns.end();
      if (pending.get(key)?.askedAt === askedAt) pending.delete(key);
    }
  }

  /** What is known, or is being asked. */
  function alreadyAsked(key: string): Answer | Promise<Answer> | undefined {
    const known = cache.get(key);
    if (known !== undefined) return known;
    const asked = pending.get(key);
    // Whoever comes later shares the answer, but none that would be too old for the cache.
    return asked !== undefined && clock.monotonic() < asked.askedAt + cacheSeconds ? asked.answer : undefined;
  }

  return {
    async answerTo(token, sender) {
      const key = tokenHash(token);
      const known = alreadyAsked(key);
      if (known !== undefined) return known;
      const turn = turns.take(networkOf(sender.clientAddress?.()));
      if (turn !== true && !(await turn)) {
        const problem = `${name} is being asked about ${String(MAX_PENDING)} tokens, and too many others wait`;
        throw new CountersignError('introspection_unavailable', problem, { retryAfterSeconds: 1 });
      }
      const meanwhile = alreadyAsked(key);
      if (meanwhile !== undefined) {
        turns.end();
        return meanwhile;
      }
      const askedAt = clock.monotonic();
      const answer = ask(key, token, askedAt);
      pending.set(key, { askedAt, answer });
      return answer;
    },
  };
}

function isAccessToken(claims: Claims): boolean {
  const type = claim(claims, 'token_type');
  return typeof type === 'string' && ACCESS_TOKEN_TYPES.has(type.toLowerCase());
}
