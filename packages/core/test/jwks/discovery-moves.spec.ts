import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { type IssuerKeys } from '../../src/jwks/issuer-keys.js';
import { type JwksOptions } from '../../src/jwks/jwks-options.js';
import {
  discoveringStore,
  METADATA,
  startDescribedIssuer,
  type DescribedIssuer,
} from '../support/described-issuer.js';
import { json, text } from '../support/key-server.js';
import { createSigningKey } from '../support/signing-key.js';
import { until } from '../support/until.js';
import { findKey } from '../support/remote-keys.js';

const key = await createSigningKey('ES256', 'good');
const next = await createSigningKey('ES256', 'next');

let herald: DescribedIssuer;
let clock: FixedClock;
let warnings: string[];

beforeEach(async () => {
  herald = await startDescribedIssuer(key.publicJwk);
  clock = createFixedClock();
  warnings = [];
});

afterEach(() => herald.close());

/** Its keys, of which the first ones were fetched. */
async function knownKeys(jwks: JwksOptions = {}): Promise<IssuerKeys> {
  const scene = { issuer: herald.origin, clock, warnings };
  const { keys } = discoveringStore(scene, { jwks: { timeoutMs: 2000, ...jwks } }).trusted(herald.origin);
  await keys.find('good');
  return keys;
}

/** From now on its metadata leads to other keys, at another address. */
function move(issuer = herald.origin): void {
  herald.describe(METADATA, issuer, `${herald.origin}/moved`);
  herald.pages.set('/moved', json({ keys: [next.publicJwk] }));
}

const looks = () => herald.paths.filter((path) => path === METADATA).length;

describe('the jwks_uri', () => {
  it('is followed when the old one stops working', async () => {
    const keys = await knownKeys();
    herald.pages.delete('/jwks');
    move();
    clock.advance(601);
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
    clock.advance(38);
    await keys.find('good');
    await until(() => keys.status().ageSeconds === 0);
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
    expect(herald.paths).toEqual([METADATA, '/jwks', '/jwks', METADATA, '/moved']);
  });

  it('is followed when a key is not at the old one, which goes on', async () => {
    const keys = await knownKeys();
    move();
    clock.advance(29);
    await expect(findKey(keys, 'next')).resolves.toBeUndefined();
    clock.advance(1);
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
    expect(herald.paths).toEqual([METADATA, '/jwks', METADATA, '/moved']);
  });

  it.each([
    ['due', 550],
    ['too old', 601],
  ])('is followed when a key is not at the old one, whose set is %s', async (_what, seconds) => {
    const keys = await knownKeys();
    move();
    clock.advance(seconds);
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
    expect(herald.paths).toEqual([METADATA, '/jwks', METADATA, '/moved']);
  });

  it('is not looked up again for keys that are known', async () => {
    const keys = await knownKeys();
    for (let minutes = 0; minutes < 50; minutes += 10) {
      clock.advance(599);
      await keys.find('good');
      await until(() => keys.status().ageSeconds === 0);
    }
    expect(looks()).toBe(1);
  });

  it.each([
    ['the default cool-down', 30, 10],
    ['the shortest cool-down', 1, 300],
    ['a longer cool-down', 60, 5],
  ])(
    'is looked up once in 30 seconds at most whatever keys are named, and the set once in %s',
    async (_what, cooldownSeconds, fetches) => {
      const keys = await knownKeys({ cooldownSeconds });
      for (let second = 1; second <= 300; second++) {
        clock.advance(1);
        const made = Array.from({ length: 20 }, (_, index) =>
          findKey(keys, `made-up-${String(second)}-${String(index)}`),
        );
        expect((await Promise.all(made)).filter((key) => key !== undefined)).toEqual([]);
      }
      expect(herald.paths.filter((path) => path === '/jwks')).toHaveLength(1 + fetches);
      expect(looks()).toBe(1 + Math.min(10, fetches));
    },
  );

  it('is followed after an hour when the old one goes on and no key is missing', async () => {
    const keys = await knownKeys();
    move();
    clock.advance(2998);
    await expect(findKey(keys, 'good')).resolves.toBeDefined();
    clock.advance(601);
    await expect(findKey(keys, 'good')).resolves.toBeDefined();
    expect(looks()).toBe(1);
    clock.advance(601);
    await expect(findKey(keys, 'good')).resolves.toBeUndefined();
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
  });

  it('stays in use when the metadata cannot be read again', async () => {
    const keys = await knownKeys();
    herald.pages.set(METADATA, text('<html>secret</html>', 'text/html'));
    herald.pages.set('/jwks', json({ keys: [next.publicJwk] }));
    clock.advance(4000);
    await expect(findKey(keys, 'next')).resolves.toMatchObject({ keyId: 'next' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^trust\[0\]\.keys\.discovery: the metadata cannot be read again/);
  });
});

describe('metadata of another issuer', () => {
  it('that turns up later leaves the last good keys in use, and no others', async () => {
    const keys = await knownKeys();
    move('https://attacker.test');
    clock.advance(4000);
    await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
    await expect(findKey(keys, 'next')).rejects.toMatchObject({ code: 'keys_unavailable' });
    expect(herald.paths).not.toContain('/moved');
  });

  it('that turns up later is not forgotten: nothing is fetched from the old address until it is mended', async () => {
    const keys = await knownKeys();
    move('https://attacker.test');
    clock.advance(4000);
    await keys.find('good');
    for (let tries = 0; tries < 3; tries++) {
      clock.advance(601);
      await expect(findKey(keys, 'good')).resolves.toMatchObject({ keyId: 'good' });
      await until(() => looks() === 3 + tries);
    }
    expect(herald.paths).not.toContain('/moved');
    expect(herald.paths.filter((path) => path === '/jwks')).toHaveLength(1);
    herald.describe(METADATA, herald.origin);
    clock.advance(601);
    await keys.find('good');
    await until(() => keys.status().ageSeconds === 0);
  });
});
