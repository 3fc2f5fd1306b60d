import { createHash, randomBytes } from 'node:crypto';
import { Browser } from '@countersign/service-kit/browser';

/** Logs a user in at the gateway, over the provider's login page, as a browser does. */
export async function logIn(gateway: string, user: string): Promise<Browser> {
  const browser = new Browser();
  const back = await browser.logIn(new URL('login', gateway), user, new URL('callback', gateway).href);
  await browser.go(back);
  return browser;
}

/** What a page of the gateway sends along with a write (docs/gateway.md). */
export function ofThePage(gateway: string): Readonly<Record<string, string>> {
  return { Origin: new URL(gateway).origin, 'X-Gateway-Page': '1', 'Content-Type': 'application/json' };
}

const REDIRECT = 'http://127.0.0.1/callback';
const CLIENT = { client_id: 'terminal', redirect_uri: REDIRECT };

/** The provider's access token for a program that a user runs. */
export async function accessToken(issuer: string, user: string): Promise<string> {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL('auth', `${issuer}/`);
  url.search = new URLSearchParams({
    ...CLIENT,
    response_type: 'code',
    scope: 'openid user:read notification:send',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const back = await new Browser().logIn(url, user, REDIRECT);
  const code = back.searchParams.get('code') ?? '';
  const grant = { ...CLIENT, grant_type: 'authorization_code', code, code_verifier: verifier };
  const answer = await fetch(new URL('token', `${issuer}/`), {
    method: 'POST',
    body: new URLSearchParams(grant),
  });
  const granted: unknown = await answer.json();
  if (typeof granted === 'object' && granted !== null && 'access_token' in granted)
    return String(granted.access_token);
  throw new Error(`the provider gave user ${user} no token`);
}
