import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFixedClock } from '../../src/clock.js';
import { createVerifier, type VerifierOptions } from '../../src/inbound/verifier.js';
import { emptyBody } from '../../src/inbound/wire-body.js';
import { type JwksOptions } from '../../src/jwks/jwks-options.js';
import { createTrustStore, type TrustStoreOptions } from '../../src/trust/trust-store.js';
import { type TrustRecord } from '../../src/trust/trust-record.js';
import { json, startKeyServer } from '../support/key-server.js';
import { createSigningKey } from '../support/signing-key.js';
import { authenticated } from '../support/scene.js';
import { findKey } from '../support/remote-keys.js';

const key = await createSigningKey('ES256', 'herald-1');
const forged = await createSigningKey('ES256', 'herald-1');
const issuer = 'https://herald.service/';
const service = 'https://census.service/';
const clock = createFixedClock();

const server = await startKeyServer(json({ keys: [key.publicJwk] }));
const attacker = await startKeyServer(json({ keys: [forged.publicJwk] }));
const directory = await mkdtemp(join(tmpdir(), 'countersign-trust-'));

afterAll(async () => {
  await Promise.all([server.close(), attacker.close()]);
  await rm(directory, { recursive: true });
});

function record(changes: Partial<TrustRecord> = {}): TrustRecord {
  return { name: 'herald', issuer, keys: { jwksUri: server.jwksUri }, ...changes };
}

async function fileOf(content: string): Promise<string> {
  const path = join(directory, `${String(Math.random())}.json`);
  await writeFile(path, content);
  return path;
}

describe('a trust store', () => {
  it('finds an issuer by its exact name, and makes no network call for it', () => {
    const store = createTrustStore({ trust: [record()] });
    expect(store.trusted(issuer)).toMatchObject({ name: 'herald', clockToleranceSeconds: 30 });
    expect(server.requests()).toBe(0);
  });

  it.each([
    'https://herald.service',
    'https://herald.service//',
    'HTTPS://herald.service/',
    'https://hеrald.service/',
    'https://herald.service/\0',
    ' https://herald.service/',
    'herald',
    '__proto__',
    '',
    undefined,
    null,
    42,
    [issuer],
    { toString: () => issuer },
  ])('does not know %j', (name) => {
    const store = createTrustStore({ trust: [record()] });
    expect(() => store.trusted(name)).toThrow(expect.objectContaining({ code: 'issuer_untrusted' }) as Error);
  });

  it('may be empty: then it knows nobody', () => {
    const store = createTrustStore({ trust: [] });
    expect(() => store.trusted(issuer)).toThrow(
      expect.objectContaining({ code: 'issuer_untrusted' }) as Error,
    );
    expect(() => store.evidence(issuer)).toThrow(
      expect.objectContaining({ code: 'issuer_untrusted' }) as Error,
    );
    expect(store.keyStatus()).toEqual([]);
  });

  it('reads inline keys and key files when it is made', async () => {
    const jwks = { keys: [key.publicJwk] };
    for (const keys of [{ jwks }, { jwksFile: await fileOf(JSON.stringify(jwks)) }]) {
      const trusted = createTrustStore({ trust: [record({ keys })] }).trusted(issuer);
      await expect(findKey(trusted.keys, 'herald-1')).resolves.toMatchObject({ keyId: 'herald-1' });
      await expect(findKey(trusted.keys, 'herald-2')).resolves.toBeUndefined();
    }
  });

  it('says which keys of an inline set it left out', () => {
    const warnings: string[] = [];
    const jwks = { keys: [key.publicJwk, { kty: 'oct', k: 'AA', kid: 'x' }] };
    createTrustStore({ trust: [record({ keys: { jwks } })], onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual(['trust[0].keys: keys[1] is left out: it is a secret key']);
  });

  it('says at the start which callers may sign less than others must', () => {
    const warnings: string[] = [];
    const trust = [record(), other({ acceptMd5BodyHash: true, acceptTokensWithoutMethodAndPath: true })];
    createTrustStore({ trust, onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([
      'trust[1].acceptMd5BodyHash is set: whoever chooses a body of other can make two with one MD5',
      'trust[1].acceptTokensWithoutMethodAndPath is set: whoever gets hold of an unused token of other can send its body to any route, by any method',
    ]);
  });

  it('reaches public addresses only, when it is told so', () => {
    const options = (jwksUri: string): TrustStoreOptions => ({
      trust: [record({ keys: { jwksUri } })],
      publicOnly: true,
    });
    expect(() => createTrustStore(options('https://herald.service/jwks.json'))).not.toThrow();
    for (const host of ['10.0.0.1', '127.0.0.1', '[::1]', 'localhost.', '169.254.169.254']) {
      expect(() => createTrustStore(options(`https://${host}/jwks.json`))).toThrow(
        'trust[0].keys.jwksUri must not be a private address (publicOnly is set)',
      );
    }
  });
});

const other = (changes: Partial<TrustRecord>): TrustRecord =>
  record({
    name: 'other',
    issuer: 'https://other.service/',
    keys: { jwksUri: 'https://other.service/' },
    ...changes,
  });

describe('the process does not come up', () => {
  it.each([
    ['without a trust list', { trust: undefined }, 'trust must be an array of trust records'],
    ['with one record instead of a list', { trust: record() }, 'trust must be an array of trust records'],
    ['with a misspelt option', { publicOnyl: true }, 'publicOnyl is not an option; the options are trust,'],
    ['with publicOnly in words', { publicOnly: 'yes' }, 'publicOnly must be true or false'],
    [
      'with a dangerous switch in words',
      { allowInsecureHttpForLocalDevelopment: 'false' },
      'allowInsecureHttpForLocalDevelopment must be true or false',
    ],
  ])('%s', (_what, changes: object, problem) => {
    const options = { trust: [record()], ...changes } as TrustStoreOptions;
    expect(() => createTrustStore(options)).toThrow(TypeError);
    expect(() => createTrustStore(options)).toThrow(problem);
  });

  it.each([
    ['cooldownSeconds', 0],
    ['cooldownSeconds', -1],
    ['maxAgeSeconds', 59],
    ['maxAgeSeconds', 86_401],
    ['maxStaleSeconds', 599],
    ['timeoutMs', 0],
    ['timeoutMs', Infinity],
    ['maxBytes', 100],
  ] as const)('with jwks.%s of %d', (name, value) => {
    const jwks: JwksOptions = { [name]: value };
    expect(() => createTrustStore({ trust: [record()], jwks })).toThrow(
      `jwks.${name} must be a number from `,
    );
  });

  it('with a misspelt option for key sets', () => {
    const jwks = { coolDownSeconds: 30 } as JwksOptions;
    expect(() => createTrustStore({ trust: [record()], jwks })).toThrow(
      'jwks.coolDownSeconds is not an option',
    );
  });

  it.each([
    ['one name', other({ name: 'herald' }), 'trust[1].name is already used by trust[0]'],
    ['one issuer', other({ issuer }), 'trust[1].issuer is already used by trust[0]'],
    [
      'one key set',
      other({ keys: { jwksUri: server.jwksUri } }),
      'trust[1].keys is already used by trust[0]',
    ],
    [
      'one key set, written differently',
      other({ keys: { jwksUri: server.jwksUri.replace('http://', 'HTTP://') } }),
      'trust[1].keys is already used by trust[0]',
    ],
  ] as const)('with two records that share %s', (_what, second, problem) => {
    const trust = [record(), second];
    expect(() => createTrustStore({ trust })).toThrow(problem);
  });

  it.each([
    ['is not there', () => join(directory, 'nowhere.json'), 'trust[0].keys.jwksFile must be a readable file'],
    ['is a directory', () => directory, 'trust[0].keys.jwksFile must be a readable file'],
    ['is not JSON', () => fileOf('open sesame'), 'trust[0].keys.jwksFile must be a readable file'],
    ['holds no keys', () => fileOf('{"keys":[]}'), 'trust[0].keys.jwksFile holds no usable key'],
    [
      'holds a private key',
      () => fileOf(JSON.stringify({ keys: [{ ...key.privateJwk, kid: 'x' }] })),
      'treat it as compromised',
    ],
  ])('with a key file that %s', async (_what, file, problem) => {
    const trust = [record({ keys: { jwksFile: await file() } })];
    expect(() => createTrustStore({ trust })).toThrow(problem);
    expect(() => createTrustStore({ trust })).not.toThrow(/sesame/);
  });

  it.each([
    ['keys that cannot be used', { keys: [{ kty: 'oct', k: 'AA' }] }],
    ['no keys', { keys: [] }],
  ])('with an inline set of %s', (_what, jwks) => {
    expect(() => createTrustStore({ trust: [record({ keys: { jwks } })] })).toThrow(
      'trust[0].keys.jwks holds no usable key',
    );
  });

  it.each([
    ['no identifier of its own', { service: undefined }, 'service must be a non-empty string'],
    ['an empty identifier', { service: '' }, 'service must be a non-empty string'],
    ['a misspelt option', { audiance: service }, 'audiance is not an option; the options are service, '],
    ['an issuer beside the trust list', { issuer }, 'issuer is not an option'],
    ['no bound on tokens', { maxTokenBytes: NaN }, 'maxTokenBytes must be a number from 256 to 1048576'],
    ['a bound in words', { maxTokenBytes: '8k' }, 'maxTokenBytes must be a number'],
    ['a switch in words', { acceptTokensFromSelf: 'false' }, 'acceptTokensFromSelf must be true or false'],
    [
      'a trust record that is wrong',
      { trust: [{ name: 'x' }] },
      'trust[0].issuer must be a non-empty string',
    ],
  ])('with a verifier that has %s', (_what, changes: object, problem) => {
    const options = { service, trust: [record()], ...changes } as VerifierOptions;
    expect(() => createVerifier(options)).toThrow(TypeError);
    expect(() => createVerifier(options)).toThrow(problem);
  });
});

describe('an outsider causes no network call', () => {
  const now = clock.now();
  const claims = { iss: issuer, sub: issuer, aud: service, iat: now, exp: now + 60, jti: 'one' };

  async function codeOf(token: string): Promise<unknown> {
    const verifier = createVerifier({ service, trust: [record()], clock });
    const before = server.requests();
    const fault = await authenticated(verifier, {
      method: 'GET',
      url: '/user/21/',
      rawHeaders: ['Authorization', `Bearer ${token}`],
      body: () => emptyBody({ hashMd5: false }).hashes(),
    }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect({ trusted: server.requests() - before, attacker: attacker.requests() }).toEqual({
      trusted: 0,
      attacker: 0,
    });
    return (fault as { code?: unknown }).code;
  }

  it.each([
    ['jku', () => ({ jku: attacker.jwksUri })],
    ['x5u', () => ({ x5u: attacker.jwksUri })],
    ['jwk', () => ({ jwk: forged.publicJwk })],
    ['x5c', () => ({ x5c: ['AAAA'] })],
  ])('by a header that names its own key in %s', async (_parameter, header) => {
    await expect(codeOf(await forged.token(claims, header()))).resolves.toBe('header_not_allowed');
  });

  it.each([7, '', 'k'.repeat(1024), '../../etc/passwd', "' OR 1=1", 'a\nb', null])(
    'by the kid %j',
    async (kid) => {
      await expect(codeOf(await forged.token(claims, { kid }))).resolves.toBe('header_not_allowed');
    },
  );

  it('by leaving the kid out', async () => {
    await expect(codeOf(await forged.token(claims, { kid: undefined }))).resolves.toBe('header_not_allowed');
  });

  it.each(['https://attacker.test/', 'https://herald.service', '', undefined])(
    'by the issuer %j',
    async (iss) => {
      await expect(codeOf(await forged.token({ ...claims, iss }))).resolves.toBe('issuer_untrusted');
    },
  );

  it('by an issuer that is where its own keys are', async () => {
    const iss = new URL(attacker.jwksUri).origin;
    await expect(codeOf(await forged.token({ ...claims, iss }))).resolves.toBe('issuer_untrusted');
  });

  it('by an algorithm that the issuer does not use', async () => {
    const edwards = await createSigningKey('EdDSA', 'herald-1');
    await expect(codeOf(await edwards.token(claims))).resolves.toBe('algorithm_not_allowed');
  });
});
