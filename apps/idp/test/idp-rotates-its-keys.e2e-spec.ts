import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { decodeProtectedHeader } from 'jose';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser } from '@countersign/service-kit/browser';
import { readConfig } from '../src/config.js';
import { startIdp } from '../src/idp.js';
import {
  authorizationUrl,
  codeGrant,
  REDIRECT,
  SECRET,
  startTestIdp,
  type TestIdp,
} from './support/running-idp.js';

async function publishedKids(issuer: string): Promise<readonly string[]> {
  const { keys } = (await (await fetch(`${issuer}/jwks`)).json()) as { keys: { kid: string; d?: string }[] };
  expect(keys.filter(({ d }) => d !== undefined)).toEqual([]);
  return keys.map(({ kid }) => kid);
}

type Headers = Readonly<Record<string, string>>;

interface Answered {
  readonly status: number | undefined;
  readonly body: string;
  readonly retryAfter: string | undefined;
}

/** Not with `fetch`, which sends no `Host` of ours. */
async function post(url: string, headers: Headers): Promise<Answered> {
  const [answer] = (await once(request(url, { method: 'POST', headers }).end(), 'response')) as [
    IncomingMessage,
  ];
  return {
    status: answer.statusCode,
    body: (await text(answer)).replaceAll(new URL(url).pathname, ''),
    retryAfter: answer.headers['retry-after'],
  };
}

const BASIC = { Authorization: `Basic ${SECRET}` };

async function signingKid(idp: TestIdp): Promise<string> {
  const answer = await idp.token({ grant_type: 'client_credentials', scope: 'user:read' }, BASIC);
  const { access_token } = (await answer.json()) as { access_token: string };
  return decodeProtectedHeader(access_token).kid!;
}

describe('The keys of the provider', () => {
  let idp: TestIdp;

  beforeEach(async () => {
    idp = await startTestIdp();
  });

  afterEach(async () => {
    await idp.close();
  });

  it('are published before they sign, and while their tokens live', async () => {
    const [first, second] = await publishedKids(idp.issuer);
    expect(await signingKid(idp)).toBe(first);
    await fetch(`${idp.issuer}/development/rotate-keys`, { method: 'POST' });
    expect(await signingKid(idp)).toBe(second);
    const after = await publishedKids(idp.issuer);
    expect(after).toHaveLength(3);
    expect(after).toEqual(expect.arrayContaining([first, second]));
  });

  it.each<[string, Headers]>([
    ['its own page', { 'Sec-Fetch-Site': 'same-origin' }],
    ['a page of another site', { Origin: 'https://evil.example' }],
    ['a page without an origin', { Origin: 'null' }],
    ['another machine, behind a proxy on this one', { 'X-Forwarded-For': '203.0.113.7' }],
    ['whoever asks through a proxy that names itself', { Via: '1.1 proxy' }],
    ['a name that was made to lead here', { Host: 'idp.attacker.example' }],
  ])('are not changed by %s: there is nothing at that address', async (_who, headers) => {
    const before = await publishedKids(idp.issuer);
    const nothing = await post(`${idp.issuer}/development/nothing`, headers);
    expect(await post(`${idp.issuer}/development/rotate-keys`, headers)).toEqual(nothing);
    expect(nothing.status).toBe(404);
    expect(await publishedKids(idp.issuer)).toEqual(before);
    expect((await post(`${idp.issuer}/development/rotate-keys`, {})).status).toBe(200);
    expect(await publishedKids(idp.issuer)).not.toEqual(before);
  });

  it('are not changed on request where others find the provider by another name, which takes a proxy', async () => {
    const elsewhere = await startTestIdp({ SERVICE_URL: 'https://idp.example' });
    const { port } = new URL(idp.issuer);
    try {
      const { address } = elsewhere;
      expect(new URL(address).port).not.toBe(port);
      expect((await post(`${address}/development/rotate-keys`, {})).status).toBe(404);
      expect((await fetch(`${address}/health`)).status).toBe(200);
    } finally {
      await elsewhere.close();
    }
  });

  it('are a bounded number, and nobody whose token is good has to log in again for it', async () => {
    const token = await idp.token({ grant_type: 'client_credentials', scope: 'user:read' }, BASIC);
    const { access_token } = (await token.json()) as { access_token: string };
    const answers: Answered[] = [];
    for (let call = 0; call < 120; call++)
      answers.push(await post(`${idp.issuer}/development/rotate-keys`, {}));
    const kids = await publishedKids(idp.issuer);
    expect(kids.length).toBeLessThanOrEqual(34);
    expect(kids).toContain(decodeProtectedHeader(access_token).kid);
    expect(kids).toContain(await signingKid(idp));
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array<number>(32).fill(200),
      ...Array<number>(88).fill(429),
    ]);
    expect(Number(answers[119]!.retryAfter)).toBeGreaterThan(900);
  });

  it('may be changed while somebody logs in', async () => {
    const { url, verifier } = authorizationUrl(idp.issuer, 'terminal', 'openid user:read');
    const browser = new Browser();
    const page = await browser.follow(url, REDIRECT);
    idp.rotateKeys();
    const body = new URLSearchParams({ user: '21', password: 'development-only' });
    const back = await browser.follow(page.url, REDIRECT, { method: 'POST', body });
    idp.rotateKeys();
    const answer = await idp.token(codeGrant('terminal', back.url.searchParams.get('code')!, verifier));
    expect(answer.status).toBe(200);
  });
});

describe('A provider that starts again', () => {
  it('has its keys, in a file that nobody else can read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'idp-'));
    const config = readConfig({ PORT: '0', DATA_DIR: folder });
    const kids: (readonly string[])[] = [];
    try {
      for (let start = 0; start < 2; start++) {
        const idp = await startIdp(config);
        kids.push(await publishedKids(idp.issuer));
        await idp.close();
      }
      expect(kids[1]).toEqual(kids[0]);
      expect(statSync(join(folder, 'keys.json')).mode & 0o077).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('The settings of the provider', () => {
  it('keep it from starting in production', () => {
    expect(() => readConfig({ NODE_ENV: 'production' })).toThrow('NODE_ENV: is production');
  });

  it.each([
    ['ACCESS_TOKEN_SECONDS', '3601'],
    ['ROTATE_EVERY_SECONDS', '-1'],
    ['ROTATE_EVERY_SECONDS', '29'],
    ['SERVICE_URL', 'idp'],
    ['AUDIENCE', 'gateway'],
    ['CLIENTS_FILE', '/nowhere/clients.json'],
  ])('are refused with a line that names %s when it is %j', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name}: `));
  });

  it('have no keys change more often than old ones can be kept while their tokens live', () => {
    const read = (every: string, lifetime: string) =>
      readConfig({ ROTATE_EVERY_SECONDS: every, ACCESS_TOKEN_SECONDS: lifetime }).rotateEverySeconds;
    expect([read('30', '900'), read('115', '3600'), read('0', '3600')]).toEqual([30, 115, 0]);
    expect(() => read('114', '3600')).toThrow('ROTATE_EVERY_SECONDS: must be at least 115');
    expect(() => read('30', '901')).toThrow('ROTATE_EVERY_SECONDS: must be at least 31');
  });
});
