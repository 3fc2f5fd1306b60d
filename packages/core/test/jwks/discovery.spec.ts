import dns from 'node:dns';
import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { createTrustStore, type TrustStore, type TrustStoreOptions } from '../../src/trust/trust-store.js';
import {
  discoveringStore,
  METADATA,
  startDescribedIssuer,
  type DescribedIssuer,
} from '../support/described-issuer.js';
import { hang, json, status, text, type KeyServer } from '../support/key-server.js';
import { startProvider } from '../support/openid-provider.js';
import { createSigningKey } from '../support/signing-key.js';
import { findKey } from '../support/remote-keys.js';

const key = await createSigningKey('ES256', 'good');

const OPENID = '/.well-known/openid-configuration';

type Listener = Parameters<KeyServer['answer']>[0];
type Rest = Parameters<typeof discoveringStore> extends [unknown, ...infer Others] ? Others : never;

let herald: DescribedIssuer;
let origin: string;
let paths: string[];
let pages: DescribedIssuer['pages'];
let clock: FixedClock;
let warnings: string[];

beforeEach(async () => {
  herald = await startDescribedIssuer(key.publicJwk);
  ({ origin, paths, pages } = herald);
  warnings = [];
  clock = createFixedClock();
});

afterEach(() => herald.close());

function storeOf(issuer = origin, ...rest: Rest): TrustStore {
  return discoveringStore({ issuer, clock, warnings }, ...rest);
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
    await expect(findKey(keysOf(), 'good')).resolves.toMatchObject({ keyId: 'good' });
    expect(paths).toEqual([METADATA, '/jwks']);
  });

  it.each(['/tenant', '/tenant/'])(
    'are found for an issuer with the path %s, and its metadata between',
    async (path) => {
      herald.describe(`${METADATA}/tenant`, origin + path);
      await expect(findKey(keysOf(origin + path), 'good')).resolves.toMatchObject({ keyId: 'good' });
    },
  );

  it('are found by OpenID Connect Discovery where there is nothing else', async () => {
    herald.describe('/tenant/.well-known/openid-configuration', `${origin}/tenant`);
    await expect(findKey(keysOf(`${origin}/tenant`), 'good')).resolves.toMatchObject({ keyId: 'good' });
    expect(paths).toEqual([`${METADATA}/tenant`, '/tenant/.well-known/openid-configuration', '/jwks']);
  });

  it.each<readonly [string, Listener]>([
    ['a page', text('<html></html>', 'text/html')],
    ['a page that says it is JSON', text('<html></html>')],
    ['nothing', text('')],
  ])(
    'are found by it where the issuer answers 200 with %s to what it does not know',
    async (_what, answer) => {
      pages.set(METADATA, answer);
      herald.describe(OPENID, origin);
      await expect(findKey(keysOf(), 'good')).resolves.toMatchObject({ keyId: 'good' });
      expect(paths).toEqual([METADATA, OPENID, '/jwks']);
    },
  );

  it.each<readonly [string, unknown]>([
    ['another issuer', { issuer: 'https://attacker.test' }],
    ['no issuer', {}],
    ['nothing at all', []],
  ])('are not looked for there where the first metadata names %s', async (_what, metadata) => {
    pages.set(METADATA, json(metadata));
    herald.describe(OPENID, origin);
    await expect(findKey(keysOf(), 'good')).rejects.toMatchObject({ code: 'keys_unavailable' });
    expect(paths).toEqual([METADATA]);
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
    herald.describe(METADATA, issuer());
    const store = storeOf();
    const result = store.hydrate();
    if (issuer() === '') await expect(result).resolves.toMatchObject([{ hasKeys: false }]);
    else {
      await expect(result).rejects.toMatchObject({ code: 'config_invalid' });
      await expect(store.hydrate()).rejects.toThrow(
        'trust[0].keys.discovery leads to metadata that names another',
      );
    }
    await expect(findKey(store.trusted(origin).keys, 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
    });
    expect(paths).not.toContain('/jwks');
  });

  it('does not touch other issuers', async () => {
    herald.describe(METADATA, 'https://attacker.test');
    const other = { name: 'other', issuer: 'https://other.service/', keys: { jwksUri: `${origin}/jwks` } };
    const store = storeOf(origin, {}, [other]);
    await expect(store.hydrate()).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(findKey(store.trusted(other.issuer).keys, 'good')).resolves.toBeDefined();
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
    herald.describe(METADATA, origin, jwksUri);
    const store = storeOf();
    await expect(findKey(store.trusted(origin).keys, 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
    });
    clock.advance(1);
    await expect(store.hydrate()).rejects.toThrow(`trust[0].keys.discovery (jwks_uri) ${problem}`);
    expect(paths).toEqual([METADATA, METADATA]);
  });

  it('that is private is refused for a public issuer, when only public addresses may be reached', async () => {
    const issuer = origin.replace('127.0.0.1', 'herald.test');
    herald.describe(METADATA, issuer);
    const forget = nameLoopback('herald.test');
    try {
      const open = storeOf(issuer, { allowInsecureHttpForLocalDevelopment: true });
      await expect(open.hydrate()).resolves.toMatchObject([{ hasKeys: true }]);
      paths.length = 0;
      const store = storeOf(issuer, { allowInsecureHttpForLocalDevelopment: true, publicOnly: true });
      await expect(store.hydrate()).rejects.toThrow(
        'trust[0].keys.discovery (jwks_uri) must not be a private address (publicOnly is set)',
      );
      expect(paths).toEqual([METADATA]);
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
});

describe('metadata that is unavailable', () => {
  it.each<readonly [string, Listener]>([
    ['an error', status(500)],
    ['an HTML page', text('<html>secret</html>', 'text/html')],
    ['half of it', text('{"issuer":"secret')],
    ['a list', json([])],
    ['a redirect', status(302, {}, { location: 'https://attacker.test/' })],
    ['too much', text(`{"issuer":"${'secret'.repeat(60_000)}"}`)],
    ['nothing, and hangs up', (request) => request.socket.destroy()],
  ])('(%s) is an outage, which the next try mends', async (_what, answer) => {
    pages.set(METADATA, answer);
    const store = storeOf();
    await expect(store.hydrate()).resolves.toMatchObject([{ hasKeys: false }]);
    const { keys } = store.trusted(origin);
    await expect(findKey(keys, 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
      retryAfterSeconds: 1,
    });
    expect(warnings.join()).not.toMatch(/secret|\n/);
    herald.describe(METADATA, origin);
    clock.advance(1);
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
  });

  it('ends with timeoutMs when it hangs', async () => {
    pages.set(METADATA, hang);
    const store = storeOf(origin, { jwks: { timeoutMs: 50 } });
    await expect(findKey(store.trusted(origin).keys, 'good')).rejects.toMatchObject({
      code: 'keys_unavailable',
    });
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
