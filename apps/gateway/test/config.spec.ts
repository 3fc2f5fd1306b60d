import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../src/config.js';
import { openSessionKey } from '../src/session/session-key.js';

describe('The settings of the gateway', () => {
  it('may be left out: they run the demo', () => {
    expect(readConfig({})).toMatchObject({
      port: 4000,
      serviceUrl: 'https://gateway.service/',
      publicUrl: 'http://127.0.0.1:4000/',
      login: { provider: 'http://127.0.0.1:4003', clientId: 'gateway' },
      destinations: [
        { name: 'herald', url: 'http://127.0.0.1:4002/', audience: 'https://herald.service/' },
        { name: 'census', url: 'http://127.0.0.1:4001/', audience: 'https://census.service/' },
      ],
      corsOrigins: [],
    });
  });

  it.each([
    ['PUBLIC_URL', 'http://gateway.example/'],
    ['PUBLIC_URL', 'https://gateway.example'],
    ['PUBLIC_URL', 'https://gateway.example/path/'],
    ['PROVIDER_URL', 'http://idp.example'],
    ['PROVIDER_URL', 'idp'],
    ['SESSION_KEY', 'short'],
    ['CORS_ORIGINS', 'https://shop.example/'],
    ['CORS_ORIGINS', '*'],
    ['DESTINATIONS_FILE', new URL('../package.json', import.meta.url).pathname],
  ])('are refused with a line that names %s when it is %j', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name}: `));
  });
});

describe('The key of the sessions', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is made once, in a file that nobody else can read', () => {
    const keyFile = join(folder, 'deep', 'session-key');
    const [first, second] = [1, 2].map(() => openSessionKey({ key: undefined, keyFile }).export());
    expect(second).toEqual(first);
    expect(statSync(keyFile).mode & 0o077).toBe(0);
  });

  it('may be given, and then no file is made', () => {
    const key = Buffer.alloc(32, 7);
    const given = { key: key.toString('base64url'), keyFile: '/nowhere/at/all' };
    expect(openSessionKey(given).export()).toEqual(key);
  });

  it('is 32 bytes', () => {
    const keyFile = join(folder, 'session-key');
    writeFileSync(keyFile, 'x');
    expect(() => openSessionKey({ key: undefined, keyFile })).toThrow('must hold 32 bytes');
  });
});
