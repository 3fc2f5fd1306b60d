import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import ts from 'typescript';
import { TestIssuer } from '@countersign/testing';
import * as http from '../../src/http.js';
import { type NodeCountersign, type ServiceOptions } from '../../src/http.js';

const README = new URL('../../README.md', import.meta.url);
const USER = 'https://census.service/user/42/';
const BODY = '{"item":1}';

const silent = () => undefined;

let herald: TestIssuer;
let countersign: NodeCountersign | undefined;
const servers: Server[] = [];
/** The paths that census was asked for, and the users in whose name. */
const asked: unknown[] = [];

beforeAll(async () => {
  herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const census = createServer((request, response) => {
    const [, payload = ''] = (request.headers.authorization ?? '').split('.');
    const { sub, aud } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    asked.push({ path: request.url, sub, aud });
    response.end('{"name":"Ann"}');
  });
  await runReadme(await originOf(census));
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await countersign?.close();
  await herald.close();
});

async function originOf(server: Server): Promise<string> {
  servers.push(server);
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

/** Runs the example as it is, but on a free port, with keys of a test, and with servers of the test in the place of the others. */
async function runReadme(census: string): Promise<void> {
  const [, code = ''] = /```ts\n([^]*?)```/.exec(readFileSync(README, 'utf8')) ?? [];
  const body = code.slice(code.lastIndexOf("';\n", code.indexOf('\n\n')) + 2);
  const given = {
    ...http,
    text,
    createServer: (listener: Parameters<typeof createServer>[1]) => ({
      listen: () => void servers.push(createServer(listener)),
    }),
    createCountersign: async (options: ServiceOptions) => {
      countersign = await http.createCountersign({
        ...options,
        keys: herald.keyStore,
        logger: { info: silent, warn: silent, error: silent },
        trust: options.trust.map((record) => ({ ...record, keys: { jwksUri: herald.jwksUri } })),
        destinations: (options.destinations ?? []).map(({ url, ...record }) => ({
          ...record,
          url: `${census}/`,
          audience: url,
        })),
      });
      return countersign;
    },
  };
  const { outputText } = ts.transpileModule(body, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
    ...parts: string[]
  ) => (...values: readonly unknown[]) => Promise<unknown>;
  await new AsyncFunction(...Object.keys(given), outputText)(...Object.values(given));
}

async function ask(claims: Readonly<Record<string, unknown>> | undefined, token?: string) {
  const bind = { method: 'POST', url: '/', body: BODY };
  const audience = 'https://order.service/';
  const sent = token ?? (claims && (await herald.token({ audience, claims, bind })));
  const answer = await fetch(await originOf(servers[1]!), {
    method: 'POST',
    body: BODY,
    ...(sent !== undefined && { headers: { Authorization: `Bearer ${sent}` } }),
  });
  return { status: answer.status, body: (await answer.json()) as unknown, sent };
}

describe("the service of core's README", () => {
  it('answers a good write, calls census for the same user, and refuses the write a second time', async () => {
    const { status, body, sent } = await ask({ sub: USER, scope: 'order:write' });
    expect({ status, body }).toEqual({
      status: 200,
      body: { order: BODY, caller: 'herald', user: { name: 'Ann' } },
    });
    expect(asked).toEqual([{ path: '/user/42/', sub: USER, aud: 'https://census.service/' }]);
    expect(await ask(undefined, sent)).toMatchObject({ status: 401, body: { code: 'token_replayed' } });
    expect(asked).toHaveLength(1);
  });

  it('refuses everybody else', async () => {
    asked.length = 0;
    expect(await ask(undefined)).toMatchObject({ status: 401, body: { code: 'token_missing' } });
    expect(await ask({ sub: USER, scope: 'user:read' })).toMatchObject({
      status: 403,
      body: { code: 'scope_missing' },
    });
    expect(await ask({ scope: 'order:write' })).toMatchObject({ status: 403 });
    expect(asked).toEqual([]);
  });
});
