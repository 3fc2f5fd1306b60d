import 'reflect-metadata';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RouteDescription, RouteDescriptions } from '@countersign/nestjs';
import { Browser } from '@countersign/service-kit/browser';
import { type HeldPort, holdPort } from '@countersign/service-kit/testing';
import { readConfig } from '../../src/config.js';
import { createApp } from '../../src/create-app.js';
import { prepareProvider } from './provider.js';

const GATEWAY = new URL('../../', import.meta.url);
const REDIRECT = 'http://127.0.0.1/callback';

/** How long the gateway keeps what the provider says of an opaque token. */
export const OPAQUE_CACHE_SECONDS = 1;

export interface EdgeOptions {
  readonly heraldUrl: string;
  readonly censusUrl: string;
  /** Where other services were told to find it. */
  readonly gatewayPort?: HeldPort;
  /** Of the gateway. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Of the provider. */
  readonly provider?: Readonly<Record<string, string>>;
  /** Whether the provider runs from the beginning. Default true. */
  readonly startsProvider?: boolean;
}

/** A gateway in this process, and a real provider in a process of its own. */
export interface Edge {
  readonly url: string;
  readonly issuer: string;
  /** Of the gateway. */
  readonly routes: readonly RouteDescription[];
  startProvider(): Promise<void>;
  stopProvider(): Promise<void>;
  /** Stops the gateway, and starts it again in the same folder. */
  restart(): Promise<void>;
  /** Calls the gateway as a program does, with a token. */
  call(path: string, token: string, init?: RequestInit): Promise<Response>;
  /** Sends a notification as a program does. */
  notify(token: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** The access token of a user who logs in through a program. */
  token(user: string, options?: { readonly scope?: string; readonly client?: string }): Promise<string>;
  /** A browser in which that user is logged in at the gateway. */
  logIn(user: string): Promise<Browser>;
  close(): Promise<void>;
}

export const ALL_SCOPES = 'openid user:read notification:send notification:read';

export const NOTIFICATION = JSON.stringify({
  user: 'https://census.service/user/42/',
  type: 'welcome-message',
});

export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  const held = options.gatewayPort ?? (await holdPort());
  const url = `http://127.0.0.1:${String(held.port)}`;
  const provider = await prepareProvider({
    folder,
    gatewayUrl: url,
    environment: options.provider,
    isRunning: options.startsProvider !== false,
  });
  const { issuer } = provider;
  const place = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const moved = (file: string) => readFileSync(new URL(file, GATEWAY), 'utf8');
  const trust = place(
    'trust.json',
    moved('trust.json')
      .replaceAll('http://127.0.0.1:4003', issuer)
      .replace(
        '"clientId": "gateway"',
        `"clientId": "gateway", "cacheSeconds": ${String(OPAQUE_CACHE_SECONDS)}`,
      ),
  );
  const destinations = place(
    'destinations.json',
    moved('destinations.json')
      .replace('http://127.0.0.1:4002/', options.heraldUrl)
      .replace('http://127.0.0.1:4001/', options.censusUrl),
  );
  const config = readConfig({
    PORT: String(held.port),
    PUBLIC_URL: `${url}/`,
    PROVIDER_URL: issuer,
    DATA_DIR: folder,
    DEVELOPMENT_PAGE: 'on',
    TRUST_FILE: trust,
    DESTINATIONS_FILE: destinations,
    ...options.environment,
  });
  const start = async () => {
    const made = await createApp(config, false);
    await held.release();
    await made.listen(held.port, '127.0.0.1');
    return made;
  };
  let app = await start();
  const call: Edge['call'] = (path, token, init = {}) =>
    fetch(`${url}${path}`, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), Authorization: `Bearer ${token}` },
    });
  return {
    url,
    issuer,
    routes: app.get(RouteDescriptions).list(),
    startProvider: () => provider.start(),
    stopProvider: () => provider.stop(),
    async restart() {
      await app.close();
      app = await start();
    },
    call,
    notify: (token, headers = {}) =>
      call('/api/notification', token, {
        method: 'POST',
        body: NOTIFICATION,
        headers: { 'Content-Type': 'application/json', ...headers },
      }),
    token: (user, { scope = ALL_SCOPES, client = 'terminal' } = {}) => tokenOf(issuer, user, client, scope),
    async logIn(user) {
      const browser = new Browser();
      await browser.go(await browser.logIn(`${url}/login`, user, `${url}/callback`));
      return browser;
    },
    async close() {
      await app.close();
      await provider.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function tokenOf(issuer: string, user: string, client: string, scope: string): Promise<string> {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(`${issuer}/auth`);
  const common = { client_id: client, redirect_uri: REDIRECT };
  url.search = new URLSearchParams({
    ...common,
    response_type: 'code',
    scope,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const back = await new Browser().logIn(url, user, REDIRECT);
  const code = back.searchParams.get('code') ?? '';
  const grant = { ...common, grant_type: 'authorization_code', code, code_verifier: verifier };
  const answer = await fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(grant) });
  return ((await answer.json()) as { access_token: string }).access_token;
}
