import 'reflect-metadata';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceConfig } from '@countersign/service-kit';
import { TestIssuer } from '@countersign/testing';
import { createApp } from '../../src/create-app.js';
import { createExpressApp } from '../../src/express/create-express-app.js';

/** Census's own address, wherever it listens. */
export const CENSUS = 'https://census.service/';

export interface Call {
  /** Default GET. */
  readonly method?: string;
  readonly path: string;
  /** Sent as JSON, or as it is when it is a string. */
  readonly body?: unknown;
  /** The id of the user in whose name the call is made; none for herald itself. */
  readonly as?: number;
  /** Default `user:read user:write`. */
  readonly scope?: string;
  /** What the token says; census must not care. */
  readonly roles?: readonly string[];
}

export interface RunningCensus {
  readonly url: string;
  /** Calls census as herald does, with a token for this very request. */
  call(call: Call): Promise<Response>;
  close(): Promise<void>;
}

interface Listening {
  readonly url: string;
  close(): Promise<unknown>;
}

/** Census, made with each framework. */
export const FRAMEWORKS = [
  { framework: 'Nest', listen: listenInNest },
  { framework: 'Express', listen: listenInExpress },
] as const;

async function listenInNest(config: ServiceConfig): Promise<Listening> {
  const app = await createApp(config, false);
  await app.listen(config.port, config.host);
  return { url: await app.getUrl(), close: () => app.close() };
}

async function listenInExpress(config: ServiceConfig): Promise<Listening> {
  const nothing = () => undefined;
  const census = await createExpressApp(config, { info: nothing, warn: nothing, error: nothing });
  const server: Server = census.app.listen(config.port, config.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${config.host}:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await census.close();
    },
  };
}

/** Starts census on a free port, with a database in memory and a trusted herald. */
export async function startCensus({ listen }: (typeof FRAMEWORKS)[number]): Promise<RunningCensus> {
  const folder = mkdtempSync(join(tmpdir(), 'census-'));
  const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const config = {
    port: 0,
    host: '127.0.0.1',
    serviceUrl: CENSUS,
    trust: [herald.trustRecord({ scopes: ['user:read', 'user:write'], actsFor: [`${CENSUS}user/`] })],
    destinations: [],
    keys: { directory: join(folder, 'keys') },
    database: { kind: 'memory' },
    logFormat: 'text',
    hasDevelopmentPage: false,
  } as const;
  const census = await listen(config);
  const { url } = census;
  return {
    url,
    async call({ method = 'GET', path, body, as, scope = 'user:read user:write', roles }) {
      const content = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
      const sub = as === undefined ? herald.issuer : `${CENSUS}user/${as}/`;
      const token = await herald.token({
        audience: CENSUS,
        claims: { sub, scope, roles },
        bind: { method, url: path, ...(content !== undefined && { body: content }) },
      });
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      return fetch(`${url}${path}`, { method, headers, ...(content !== undefined && { body: content }) });
    },
    async close() {
      await census.close();
      await herald.close();
      rmSync(folder, { recursive: true });
    },
  };
}
