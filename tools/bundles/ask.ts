import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';
import { TestIssuer } from '@countersign/testing';

/** What a service answered, by what it was asked. */
export type Answers = Readonly<Record<string, { readonly status: number; readonly says: unknown }>>;

/** What every service must answer, however it was built. */
export const RIGHT_ANSWERS: Answers = {
  'the key set': { status: 200, says: { algorithms: ['ES256'] } },
  'no token': { status: 401, says: 'Bearer realm="https://order.service/"' },
  'a token': { status: 200, says: { caller: 'herald', inScope: 'herald' } },
  'a token for another service': { status: 401, says: 'audience_mismatch' },
  'a token without the scope': { status: 403, says: 'scope_missing' },
  'a write': { status: 201, says: { item: 'tea', inScope: 'herald' } },
  'the same write again': { status: 401, says: 'token_replayed' },
  'a write with another body': { status: 401, says: 'body_mismatch' },
};

const STARTS_MS = 60_000;

/** Runs a service as a process of its own, asks it over HTTP, and ends it. */
export async function askService(command: string, args: readonly string[], cwd: string): Promise<Answers> {
  const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const keys = await mkdtemp(join(tmpdir(), 'countersign-order-keys-'));
  const env = { ...process.env, NODE_OPTIONS: '', HERALD_JWKS_URI: herald.jwksUri, ORDER_KEYS: keys };
  const service = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(service, 'exit');
  try {
    return await ask(await addressOf(service), herald);
  } finally {
    service.kill();
    await ended;
    await herald.close();
    await rm(keys, { recursive: true });
  }
}

/** Where it listens, as it prints. */
function addressOf(service: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    const tooLate = setTimeout(() => service.kill(), STARTS_MS);
    service.once('exit', () => reject(new Error(`it ended:\n${lines.slice(0, 40).join('\n')}`)));
    for (const stream of [service.stdout, service.stderr])
      createInterface(stream).on('line', (line) => {
        lines.push(line);
        const [, address] = /^listening at (\S+)$/.exec(line) ?? [];
        if (address === undefined) return;
        clearTimeout(tooLate);
        resolve(address);
      });
  });
}

async function ask(origin: string, herald: TestIssuer): Promise<Answers> {
  const audience = 'https://order.service/';
  const url = new URL('/order', origin);
  const body = JSON.stringify({ item: 'tea' });
  const bind = { method: 'POST', url: new URL('/order', audience).href, body };
  const good = await herald.token({ audience, claims: { scope: 'order:read' } });
  const foreign = await herald.token({
    audience: 'https://census.service/',
    claims: { scope: 'order:read' },
  });
  const poor = await herald.token({ audience, claims: { scope: 'order:write' } });
  const write = await herald.token({ audience, claims: { scope: 'order:write' }, bind });
  const changed = await herald.token({ audience, claims: { scope: 'order:write' }, bind });
  const read = (token?: string) =>
    answerOf(fetch(url, { headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } }));
  const post = (token: string, content: string) =>
    answerOf(
      fetch(url, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: content,
      }),
    );
  return {
    'the key set': await answerOf(fetch(new URL('/.well-known/jwks.json', origin))),
    'no token': await read(),
    'a token': await read(good),
    'a token for another service': await read(foreign),
    'a token without the scope': await read(poor),
    'a write': await post(write, body),
    'the same write again': await post(write, body),
    'a write with another body': await post(changed, JSON.stringify({ item: 'tee' })),
  };
}

async function answerOf(
  request: Promise<Response>,
): Promise<{ readonly status: number; readonly says: unknown }> {
  const response = await request;
  const { status, headers } = response;
  const body = (await response.json()) as Readonly<Record<string, unknown>>;
  const { code, keys } = body;
  if (Array.isArray(keys))
    return { status, says: { algorithms: keys.map(({ alg }: { readonly alg: unknown }) => alg) } };
  if (code === 'token_missing') return { status, says: headers.get('www-authenticate') };
  return { status, says: code ?? body };
}
