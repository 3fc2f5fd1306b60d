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

async function signingKid(idp: TestIdp): Promise<string> {
  const basic = { Authorization: `Basic ${SECRET}` };
  const answer = await idp.token({ grant_type: 'client_credentials', scope: 'user:read' }, basic);
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

  it("are not changed by a browser's page, its own or another's", async () => {
    const before = await publishedKids(idp.issuer);
    const rotate = (headers: Readonly<Record<string, string>>) =>
      fetch(`${idp.issuer}/development/rotate-keys`, { method: 'POST', headers });
    for (const Origin of ['https://evil.example', 'null', idp.issuer])
      expect((await rotate({ Origin })).status).toBe(404);
    expect(await publishedKids(idp.issuer)).toEqual(before);
    expect((await rotate({})).status).toBe(200);
    expect(await publishedKids(idp.issuer)).not.toEqual(before);
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
});
