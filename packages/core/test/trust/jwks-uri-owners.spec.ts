import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { type TrustRecord } from '../../src/trust/trust-record.js';
import { createTrustStore, type TrustStore } from '../../src/trust/trust-store.js';
import { METADATA, startDescribedIssuer, type DescribedIssuer } from '../support/described-issuer.js';
import { createSigningKey } from '../support/signing-key.js';
import { findKey } from '../support/remote-keys.js';

const [heraldKey, ledgerKey, sharedKey] = await Promise.all(
  ['herald', 'ledger', 'shared'].map((kid) => createSigningKey('ES256', kid)),
);

let herald: DescribedIssuer;
let ledger: DescribedIssuer;
/** Where keys are, too; no trust record names it as an issuer. */
let elsewhere: DescribedIssuer;
let clock: FixedClock;

beforeEach(async () => {
  [herald, ledger, elsewhere] = await Promise.all([
    startDescribedIssuer(heraldKey!.publicJwk),
    startDescribedIssuer(ledgerKey!.publicJwk),
    startDescribedIssuer(sharedKey!.publicJwk),
  ]);
  clock = createFixedClock();
});

afterEach(() => Promise.all([herald, ledger, elsewhere].map((issuer) => issuer.close())));

const found = (name: string, issuer: string): TrustRecord => ({ name, issuer, keys: { discovery: true } });

function storeOf(...trust: readonly TrustRecord[]): TrustStore {
  return createTrustStore({ trust, clock, jwks: { timeoutMs: 2000 } });
}

/** Trusts both, by their metadata. */
const storeOfBoth = () => storeOf(found('herald', herald.origin), found('ledger', ledger.origin));

function keyOf(store: TrustStore, issuer: string, kid: string): Promise<unknown> {
  return findKey(store.trusted(issuer).keys, kid);
}

const hers = (store: TrustStore, kid = 'herald') => keyOf(store, herald.origin, kid);
const its = (store: TrustStore, kid = 'ledger') => keyOf(store, ledger.origin, kid);

/** From now on its metadata says that its keys are there. */
const names = (issuer: DescribedIssuer, jwksUri: string) => issuer.describe(METADATA, issuer.origin, jwksUri);

describe('an issuer whose metadata names the keys of another issuer', () => {
  const refused = { code: 'keys_unavailable', retryAfterSeconds: 1 };

  it('gets none of them, and takes none away, though it is asked first', async () => {
    const store = storeOfBoth();
    names(herald, `${ledger.origin}/jwks`);
    await expect(hers(store, 'ledger')).rejects.toMatchObject(refused);
    await expect(its(store)).resolves.toBeDefined();
  });

  it('gets none of them when it is asked last', async () => {
    const store = storeOfBoth();
    names(herald, `${ledger.origin}/jwks`);
    await expect(its(store)).resolves.toBeDefined();
    await expect(hers(store, 'ledger')).rejects.toMatchObject(refused);
    expect(ledger.paths).toEqual([METADATA, '/jwks']);
  });

  it('is told of at start, by the name of its own record', async () => {
    names(herald, `${ledger.origin}/jwks`);
    const store = storeOfBoth();
    await expect(store.hydrate()).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(store.hydrate()).rejects.toThrow(
      'trust[0].keys.discovery (jwks_uri) leads to the keys of another trust record, or to its issuer',
    );
    expect(store.keyStatus()).toMatchObject([
      { name: 'herald', state: 'none', lastFailure: 'config_invalid' },
      { name: 'ledger', state: 'fresh' },
    ]);
  });

  it('has its own when it names them again', async () => {
    const store = storeOfBoth();
    names(herald, `${ledger.origin}/jwks`);
    await expect(hers(store)).rejects.toMatchObject(refused);
    names(herald, `${herald.origin}/jwks`);
    clock.advance(1);
    await expect(hers(store)).resolves.toBeDefined();
  });

  it('gets nothing else from there either', async () => {
    const store = storeOfBoth();
    names(herald, `${ledger.origin}/jwks?copy`);
    await expect(hers(store, 'ledger')).rejects.toMatchObject(refused);
    expect(ledger.paths).toEqual([]);
  });

  it('has them where its record says so', async () => {
    const keys = { jwksUri: `${ledger.origin}/moved` };
    ledger.pages.set('/moved', herald.pages.get('/jwks')!);
    const store = storeOf({ name: 'herald', issuer: herald.origin, keys }, found('ledger', ledger.origin));
    await expect(hers(store)).resolves.toBeDefined();
    await expect(its(store)).resolves.toBeDefined();
  });
});

describe('an address that two issuers name, and that is at home with neither', () => {
  let store: TrustStore;
  beforeEach(() => {
    store = storeOfBoth();
    names(herald, `${elsewhere.origin}/jwks`);
    names(ledger, `${elsewhere.origin}/jwks`);
  });

  it('belongs to the first, and the second gets nothing from there', async () => {
    await expect(hers(store, 'shared')).resolves.toBeDefined();
    await expect(its(store, 'shared')).rejects.toMatchObject({ code: 'keys_unavailable' });
    clock.advance(1);
    await expect(store.hydrate()).rejects.toThrow('trust[1].keys.discovery (jwks_uri) leads to the keys');
    expect(elsewhere.paths).toEqual(['/jwks']);
  });

  it('goes to the second when the first names another', async () => {
    await hers(store, 'shared');
    await expect(its(store, 'shared')).rejects.toMatchObject({ code: 'keys_unavailable' });
    names(herald, `${herald.origin}/jwks`);
    clock.advance(30);
    await expect(hers(store)).resolves.toBeDefined();
    await expect(its(store, 'shared')).resolves.toBeDefined();
  });

  it.each([
    ['the metadata of the first is another issuer', () => herald.describe(METADATA, ledger.origin)],
    ['the metadata of the first names no address that may be asked', () => names(herald, 'http://a.test/')],
  ])('goes to the second when %s', async (_what, breakFirst) => {
    await hers(store, 'shared');
    breakFirst();
    clock.advance(30);
    await expect(hers(store)).rejects.toMatchObject({ code: 'keys_unavailable' });
    await expect(its(store, 'shared')).resolves.toBeDefined();
    // The set that the first had stays in use until it is too old.
    await expect(hers(store, 'shared')).resolves.toBeDefined();
  });

  it('stays with the first when its metadata cannot be read again', async () => {
    await hers(store, 'shared');
    herald.pages.delete(METADATA);
    clock.advance(30);
    await expect(hers(store)).resolves.toBeUndefined();
    await expect(its(store, 'shared')).rejects.toMatchObject({ code: 'keys_unavailable' });
  });

  it('belongs to the one whose record says so, whoever is asked first', async () => {
    const keys = { jwksUri: `${elsewhere.origin}/jwks` };
    store = storeOf(found('herald', herald.origin), { name: 'ledger', issuer: ledger.origin, keys });
    await expect(hers(store, 'shared')).rejects.toMatchObject({ code: 'keys_unavailable' });
    await expect(its(store, 'shared')).resolves.toBeDefined();
  });
});

it('issuers of one origin have each an address there, and none has that of another', async () => {
  const [north, south] = [`${herald.origin}/north`, `${herald.origin}/south`];
  herald.describe(`${METADATA}/north`, north);
  herald.describe(`${METADATA}/south`, south, `${herald.origin}/south/jwks`);
  herald.pages.set('/south/jwks', ledger.pages.get('/jwks')!);
  const store = storeOf(found('north', north), found('south', south));
  await expect(keyOf(store, north, 'herald')).resolves.toBeDefined();
  await expect(keyOf(store, south, 'ledger')).resolves.toBeDefined();
  herald.describe(`${METADATA}/south`, south);
  clock.advance(30);
  await expect(keyOf(store, south, 'herald')).rejects.toMatchObject({ code: 'keys_unavailable' });
});
