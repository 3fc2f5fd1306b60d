import dns from 'node:dns';
import { type IncomingMessage } from 'node:http';
import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { type TrustRecord } from '../../src/keys/trust-record.js';
import { createTrustStore, type TrustStore, type TrustStoreOptions } from '../../src/keys/trust-store.js';
import { hang, json, startKeyServer, status, text, type KeyServer } from '../support/key-server.js';
import { startProvider } from '../support/openid-provider.js';
import { createSigningKey } from '../support/signing-key.js';
import { until } from '../support/until.js';

const key = await createSigningKey('ES256', 'good');
const next = await createSigningKey('ES256', 'next');
const OAUTH = '/.well-known/oauth-authorization-server';

type Listener = Parameters<KeyServer['answer']>[0];

let server: KeyServer;
let origin: string;
let clock: FixedClock;
let warnings: string[];
let paths: string[];
let pages: Map<string, Listener>;

beforeEach(async () => {
  paths = [];
  pages = new Map();
  warnings = [];
  clock = createFixedClock();
  server = await startKeyServer((request: IncomingMessage, response) => {
    const path = request.url ?? '';
    paths.push(path);
    (pages.get(path) ?? status(404))(request, response);
  });
  origin = new URL(server.jwksUri).origin;
  pages.set('/jwks', json({ keys: [key.publicJwk] }));
  describeIssuer(OAUTH, origin);
});

afterEach(() => server.close());

function describeIssuer(path: string, issuer: string, jwksUri: unknown = `${origin}/jwks`): void {
  pages.set(path, text(JSON.stringify({ issuer, jwks_uri: jwksUri })));
}

function storeOf(
  issuer = origin,
  options: Partial<TrustStoreOptions> = {},
  others: TrustRecord[] = [],
): TrustStore {
  return createTrustStore({
    trust: [{ name: 'herald', issuer, keys: { discovery: true } }, ...others],
    jwks: { timeoutMs: 2000 },
    clock,
    onWarning: (message) => warnings.push(message),
    ...options,
  });
}

const keysOf = (issuer = origin) => storeOf(issuer).trusted(issuer).keys;

/** Lets a name stand for this machine, as a line of `/etc/hosts` does. */
function nameLoopback(name: string): () => void {
  const { lookup } = dns;
  type Done = (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void;
  const named = (hostname: string, options: dns.LookupAllOptions, done: Done) =>
    lookup(hostname === name ? '127.0.0.1' : hostname, options, done);
  Object.assign(dns, { lookup: named });
  return () => void Object.assign(dns, { lookup });
}

describe('keys by discovery', () => {
  it('are found by the metadata of RFC 8414', async () => {
    await expect(keysOf().find('good')).resolves.toMatchObject({ keyId: 'good' });
    expect(paths).toEqual([OAUTH, '/jwks']);
  });

  it.each(['/tenant', '/tenant/'])(
    'are found for an issuer with the path %s, and its metadata between',
    async (path) => {
      describeIssuer(`${OAUTH}/tenant`, origin + path);
      await expect(keysOf(origin + path).find('good')).resolves.toMatchObject({ keyId: 'good' });
    },
  );

  it('are found by OpenID Connect Discovery where there is nothing else', async () => {
    describeIssuer('/tenant/.well-known/openid-configuration', `${origin}/tenant`);
    await expect(keysOf(`${origin}/tenant`).find('good')).resolves.toMatchObject({ keyId: 'good' });
    expect(paths).toEqual([`${OAUTH}/tenant`, '/tenant/.well-known/openid-configuration', '/jwks']);
  });

  it('are not looked for before they are needed', () => {
    keysOf();
    expect(paths).toEqual([]);
  });

  it.each(['oauth2', 'openid'] as const)(
    'are found at a real OpenID provider that has %s metadata',
    async (metadata) => {
      const provider = await startProvider({ metadata });
      try {
        const store = storeOf(provider.issuer);
        await expect(store.hydrate()).resolves.toMatchObject([{ hasKeys: true }]);
      } finally {
        await provider.close();
      }
    },
  );
});

describe('metadata of another issuer', () => {
  it.each([
    ['another host', () => 'https://attacker.test'],
    ['a slash more', () => `${origin}/`],
    ['another case', () => origin.replace('http', 'HTTP')],
    ['nothing', () => ''],
  ])('that names %s keeps the service from starting, and its keys are not fetched', async (_what, issuer) => {
    describeIssuer(OAUTH, issuer());
    const store = storeOf();
    const result = store.hydrate();
    if (issuer() === '') await expect(result).resolves.toMatchObject([{ hasKeys: false }]);
    else {
      await expect(result).rejects.toMatchObject({ code: 'config_invalid' });
      await expect(store.hydrate()).rejects.toThrow(
        'trust[0].keys.discovery leads to metadata that names another',
      );
    }
    await expect(store.trusted(origin).keys.find('good')).rejects.toMatchObject({ code: 'keys_unavailable' });
    expect(paths).not.toContain('/jwks');
  });

  it('does not touch other issuers', async () => {
    describeIssuer(OAUTH, 'https://attacker.test');
    const other = { name: 'other', issuer: 'https://other.service/', keys: { jwksUri: `${origin}/jwks` } };
    const store = storeOf(origin, {}, [other]);
    await expect(store.hydrate()).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(store.trusted(other.issuer).keys.find('good')).resolves.toBeDefined();
  });

  it('that turns up later leaves the last good keys in use, and no others', async () => {
    const keys = keysOf();
    await keys.find('good');
    describeIssuer(OAUTH, 'https://attacker.test', `${origin}/moved`);
    pages.set('/moved', json({ keys: [next.publicJwk] }));
    clock.advance(4000);
    await expect(keys.find('good')).resolves.toMatchObject({ keyId: 'good' });
    await expect(keys.find('next')).rejects.toMatchObject({ code: 'keys_unavailable' });
    expect(paths).not.toContain('/moved');
  });
});

describe('the jwks_uri', () => {
  it.each([
    ['is plain http', 'http://herald.service/jwks', 'must be https'],
    ['is a file', 'file:///etc/passwd', 'must be https'],
    ['holds credentials', 'https://a:b@herald.service/jwks', 'must not hold credentials'],
    ['is no address', '/jwks', 'must be an absolute https URI'],
    ['is missing', null, 'must be an absolute https URI'],
  ])('that %s is refused at start, and unavailable later', async (_what, jwksUri, problem) => {
    describeIssuer(OAUTH, origin, jwksUri);
    const store = storeOf();
    await expect(store.trusted(origin).keys.find('good')).rejects.toMatchObject({ code: 'keys_unavailable' });
    clock.advance(1);
    await expect(store.hydrate()).rejects.toThrow(`trust[0].keys.discovery (jwks_uri) ${problem}`);
    expect(paths).toEqual([OAUTH, OAUTH]);
  });

  it('that is private is refused for a public issuer, when only public addresses may be reached', async () => {
    const issuer = origin.replace('127.0.0.1', 'herald.test');
    describeIssuer(OAUTH, issuer);
    const forget = nameLoopback('herald.test');
    try {
      const open = storeOf(issuer, { allowInsecureHttpForLocalDevelopment: true });
      await expect(open.hydrate()).resolves.toMatchObject([{ hasKeys: true }]);
      paths = [];
      const store = storeOf(issuer, { allowInsecureHttpForLocalDevelopment: true, publicOnly: true });
      await expect(store.hydrate()).rejects.toThrow(
        'trust[0].keys.discovery (jwks_uri) must not be a private address (publicOnly is set)',
      );
      expect(paths).toEqual([OAUTH]);
      expect(store.keyStatus()).toMatchObject([{ state: 'none', lastFailure: 'config_invalid' }]);
    } finally {
      forget();
    }
  });

  it('that belongs to another trust record is refused: no key may vouch for two issuers', async () => {
    const other = { name: 'other', issuer: 'https://other.service/', keys: { jwksUri: `${origin}/jwks` } };
    await expect(storeOf(origin, {}, [other]).hydrate()).rejects.toThrow(
      'leads to the keys of another trust record',
    );
  });

  it('is followed when the old one stops working', async () => {
    const keys = keysOf();
    await keys.find('good');
    pages.delete('/jwks');
    describeIssuer(OAUTH, origin, `${origin}/moved`);
    pages.set('/moved', json({ keys: [next.publicJwk] }));
    clock.advance(601);
    await expect(keys.find('good')).resolves.toMatchObject({ keyId: 'good' });
    clock.advance(38);
    await keys.find('good');
    await until(() => keys.version === 2);
    await expect(keys.find('next')).resolves.toMatchObject({ keyId: 'next' });
    expect(paths).toEqual([OAUTH, '/jwks', '/jwks', OAUTH, '/moved']);
  });

  it('is followed within the hour when the old one goes on', async () => {
    const keys = keysOf();
    await keys.find('good');
    describeIssuer(OAUTH, origin, `${origin}/moved`);
    pages.set('/moved', json({ keys: [next.publicJwk] }));
    clock.advance(3500);
    await expect(keys.find('good')).resolves.toBeDefined();
    clock.advance(601);
    await expect(keys.find('next')).resolves.toMatchObject({ keyId: 'next' });
  });

  it('stays in use when the metadata cannot be read again', async () => {
    const keys = keysOf();
    await keys.find('good');
    pages.set(OAUTH, text('<html>secret</html>', 'text/html'));
    pages.set('/jwks', json({ keys: [next.publicJwk] }));
    clock.advance(4000);
    await expect(keys.find('next')).resolves.toMatchObject({ keyId: 'next' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^trust\[0\]\.keys\.discovery: the metadata cannot be read again/);
  });
});

describe('metadata that cannot be had', () => {
  it.each<readonly [string, Listener]>([
    ['an error', status(500)],
    ['an HTML page', text('<html>secret</html>', 'text/html')],
    ['half of it', text('{"issuer":"secret')],
    ['a list', json([])],
    ['a redirect', status(302, {}, { location: 'https://attacker.test/' })],
    ['too much', text(`{"issuer":"${'secret'.repeat(60_000)}"}`)],
    ['nothing, and hangs up', (request) => request.socket.destroy()],
  ])('(%s) is an outage, which the next try mends', async (_what, answer) => {
    pages.set(OAUTH, answer);
    const store = storeOf();
    await expect(store.hydrate()).resolves.toMatchObject([{ hasKeys: false }]);
    const { keys } = store.trusted(origin);
    await expect(keys.find('good')).rejects.toMatchObject({ code: 'keys_unavailable', retryAfterSeconds: 1 });
    expect(warnings.join()).not.toMatch(/secret|\n/);
    describeIssuer(OAUTH, origin);
    clock.advance(1);
    await expect(keys.find('good')).resolves.toMatchObject({ keyId: 'good' });
  });

  it('ends with timeoutMs when it hangs', async () => {
    pages.set(OAUTH, hang);
    const store = storeOf(origin, { jwks: { timeoutMs: 50 } });
    await expect(store.trusted(origin).keys.find('good')).rejects.toMatchObject({ code: 'keys_unavailable' });
  });
});

describe('the process does not come up with discovery', () => {
  it.each([
    [
      'for an issuer that is no address',
      { issuer: 'herald' },
      'trust[0].issuer must be an absolute https URI',
    ],
    ['for a plain http issuer', { issuer: 'http://herald.service' }, 'trust[0].issuer must be https'],
    [
      'for an issuer with a query',
      { issuer: 'https://herald.service/?a' },
      'trust[0].issuer must not hold a query',
    ],
    ['that is false', { keys: { discovery: false } }, 'trust[0].keys.discovery must be true'],
    [
      'beside an address',
      { keys: { discovery: true, jwksUri: 'https://a.test/' } },
      'trust[0].keys must hold exactly one of jwksUri, jwks, jwksFile, discovery',
    ],
  ])('%s', (_what, changes, problem) => {
    const trust = [
      { name: 'herald', issuer: 'https://herald.service', keys: { discovery: true }, ...changes },
    ];
    expect(() => createTrustStore({ trust } as unknown as TrustStoreOptions)).toThrow(problem);
  });

  it('into a private network, when only public addresses may be reached', async () => {
    expect(() => storeOf(origin, { publicOnly: true })).toThrow(
      'trust[0].issuer must not be a private address (publicOnly is set)',
    );
  });
});
