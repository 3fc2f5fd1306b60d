import { isBare, type Guard } from './guards/guard.js';
import { signingKey, type SigningKey } from './tokens/signing-key.js';

/** A token that was accepted, changed in exactly one way. */
function refusedTokens(key: SigningKey): readonly (readonly [string, string | undefined])[] {
  const now = Math.floor(Date.now() / 1000);
  const stranger = signingKey(key.algorithm, { kid: key.kid });
  return [
    ['no token', undefined],
    ['an expired token', key.token({ claims: { iat: now - 3600, exp: now - 600 } })],
    ['a token for another audience', key.token({ claims: { aud: 'https://other.example/' } })],
    ['a token by another issuer', key.token({ claims: { iss: 'https://other.example/' } })],
    ['a token signed with another key', stranger.token()],
  ];
}

/**
 * Checks that a guard is worth measuring: it accepts a good token, and answers 401 to those that are not. Without Nest, where the
 * route requires a scope, it answers 403 to a token without that.
 * @throws Error naming the guard and what it got wrong.
 */
export async function checkGuard(guard: Guard, url: string, key: SigningKey): Promise<void> {
  const { name } = guard;
  await expectStatus(`${name}: a good token`, url, key.token(), 200);
  if (name === 'unguarded') return;
  for (const [what, token] of refusedTokens(key)) await expectStatus(`${name}: ${what}`, url, token, 401);
  if (!isBare(guard)) return;
  const unscoped = key.token({ claims: { scope: 'openid profile order:write' } });
  await expectStatus(`${name}: a token without the scope`, url, unscoped, 403);
}

async function expectStatus(
  what: string,
  url: string,
  token: string | undefined,
  expected: number,
): Promise<void> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(url, { headers });
  await answer.arrayBuffer();
  if (answer.status === expected) return;
  throw new Error(`${what} was answered ${String(answer.status)} and must be answered ${String(expected)}`);
}
