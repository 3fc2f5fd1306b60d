import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWTPayload } from 'jose';
import { Browser } from '@countersign/service-kit/browser';
import { readConfig } from '../../src/config.js';
import { type RunningIdp, startIdp } from '../../src/idp.js';

export const REDIRECT = 'http://127.0.0.1/callback';
export const SECRET = Buffer.from('nightly:development-only-secret-of-nightly').toString('base64');

export interface TestIdp extends RunningIdp {
  /** A token request. */
  token(
    parameters: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
  /** The access token of a user who logs in through a public client. */
  logIn(client: string, user: string, scope?: string): Promise<string>;
}

export interface Claims extends JWTPayload {
  readonly scope?: string;
  readonly client_id?: string;
}

/** Starts the provider on a free port, with its usual clients. */
export async function startTestIdp(environment: Readonly<Record<string, string>> = {}): Promise<TestIdp> {
  const folder = mkdtempSync(join(tmpdir(), 'idp-'));
  const idp = await startIdp(readConfig({ PORT: '0', DATA_DIR: folder, ...environment }));
  const token: TestIdp['token'] = (parameters, headers = {}) =>
    fetch(`${idp.issuer}/token`, { method: 'POST', body: new URLSearchParams(parameters), headers });
  return {
    ...idp,
    token,
    async logIn(client, user, scope = 'openid user:read') {
      const { url, verifier } = authorizationUrl(idp.issuer, client, scope);
      const back = await new Browser().logIn(url, user, REDIRECT);
      const answer = await token(codeGrant(client, back.searchParams.get('code')!, verifier));
      const { access_token } = (await answer.json()) as { access_token: string };
      return access_token;
    },
    async close() {
      await idp.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Where a public client sends the browser, and the PKCE secret that it keeps. */
export function authorizationUrl(
  issuer: string,
  client: string,
  scope: string,
): { url: URL; verifier: string } {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(`${issuer}/auth`);
  url.search = new URLSearchParams({
    client_id: client,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope,
    state: 'a-state',
    nonce: 'a-nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  return { url, verifier };
}

export function codeGrant(client: string, code: string, verifier: string): Readonly<Record<string, string>> {
  return {
    grant_type: 'authorization_code',
    client_id: client,
    code,
    redirect_uri: REDIRECT,
    code_verifier: verifier,
  };
}
