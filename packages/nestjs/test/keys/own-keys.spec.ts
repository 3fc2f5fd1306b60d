import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyStore, type OpenKeyStore } from '@countersign/core';
import { openKeyDirectory } from '@countersign/core/rotation';
import { KEY_STORE, type CountersignOptions } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, startError, type Application } from '../support/application.js';
import { HERALD, useIssuer } from '../support/hooks/use-issuer.js';
import { useStart } from '../support/hooks/use-start.js';
import { send } from '../support/http.js';

let herald: TestIssuer;
let root: string;
let directory: string;

useIssuer(HERALD, (issuer) => void (herald = issuer));
const startApplication = useStart();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-own-keys-'));
  directory = join(root, 'keys');
});
afterEach(() => rm(root, { recursive: true }));

/** What an application publishes, and for how long it may be kept. */
async function published({
  origin,
}: Application): Promise<{ readonly kids: unknown; readonly cache: unknown }> {
  const { json, headers } = await send(origin, { path: '/.well-known/jwks.json' });
  return { kids: (json['keys'] as { kid: string }[]).map(({ kid }) => kid), cache: headers['cache-control'] };
}

describe.each(ADAPTERS)('an application over $name', ({ adapter }) => {
  const start = (keys: NonNullable<CountersignOptions['keys']>): Promise<Application> =>
    startApplication({ adapter, options: { service: SERVICE, trust: [herald.trustRecord()], keys } });

  const storeOf = ({ nest }: Application): OpenKeyStore => nest.get(KEY_STORE);

  it('publishes a key that is prepared while it runs, and lets it be kept as long as a rotation waits', async () => {
    const census = await start({ directory, overlap: { verifierCacheSeconds: 900 } });
    const before = await published(census);
    const { changed, next } = await openKeyDirectory({ directory }).prepare();
    await storeOf(census).reload();
    const after = await published(census);
    expect(after.kids).toEqual([...(before.kids as string[]), changed[0]?.keyId]);
    expect(after.cache).toBe('public, max-age=900');
    expect(next.notBefore - Date.now() / 1000).toBeGreaterThan(900);
  });

  it('looks at the directory by itself', async () => {
    const census = await start({ directory, rereadSeconds: 0.1 });
    const { keyId } = storeOf(census).signer();
    await openKeyDirectory({ directory }).revoke({ keyId });
    while (JSON.stringify(await published(census)).includes(keyId));
    expect(storeOf(census).signer().keyId).not.toBe(keyId);
  });

  it('says in its log that a directory is damaged, and goes on with its keys', async () => {
    const census = await start({ directory });
    const warnings: unknown[] = [];
    const silent = { log: () => undefined, error: () => undefined };
    census.nest.useLogger({ ...silent, warn: (message: unknown) => void warnings.push(message) });
    const before = await published(census);
    const file = join(directory, `key-${storeOf(census).signer().keyId}.jwk.json`);
    await writeFile(file, '{');
    await storeOf(census).reload();
    expect(await published(census)).toEqual(before);
    expect(warnings).toEqual([expect.stringContaining(`${file} must hold one private key`)]);
  });

  it('does not follow the directory any more once it is closed', async () => {
    const census = await start({ directory, rereadSeconds: 0.1 });
    const store = storeOf(census);
    const { keyId } = store.signer();
    await census.close();
    const other = await createKeyStore({ directory, rereadSeconds: 0.1 });
    await openKeyDirectory({ directory }).revoke({ keyId });
    while (other.signer().keyId === keyId) await new Promise(setImmediate);
    await other.close();
    expect(store.signer().keyId).toBe(keyId);
  });

  it('leaves a key store open that it was handed', async () => {
    let closed = 0;
    const { keyStore } = herald;
    const keys = {
      signer: () => keyStore.signer(),
      publicKeys: () => keyStore.publicKeys(),
      close: async () => void (closed += 1),
    };
    const census = await start(keys);
    expect((await published(census)).cache).toBe('public, max-age=300');
    await census.close();
    expect(closed).toBe(0);
  });

  it('does not start with a key that others may read', async () => {
    const census = await start({ directory });
    const file = join(directory, `key-${storeOf(census).signer().keyId}.jwk.json`);
    await census.close();
    await chmod(file, 0o644);
    const error = await startError(() => start({ directory }));
    expect(error).toMatchObject({ code: 'config_invalid' });
    expect(error.message).toContain(`chmod g-w,o-rwx ${file}`);
  });
});
