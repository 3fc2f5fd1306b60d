import { createKeyStore, type OpenKeyStore } from '@countersign/core';
import { countersign, countersignJson } from '../support/countersign.js';
import { scratchKeys, type ScratchKeys } from '../support/key-directories.js';
import { serve, type Served } from '../support/served.js';

let scratch: ScratchKeys;
let store: OpenKeyStore;
let service: Served;

beforeEach(async () => {
  scratch = await scratchKeys();
  store = await createKeyStore({ directory: scratch.path });
  service = await serve((_, response) => {
    response.setHeader('cache-control', `public, max-age=${String(store.verifierCacheSeconds)}`);
    response.end(JSON.stringify(store.publicKeys()));
  });
});
afterEach(async () => {
  await service.close();
  await store.close();
  await scratch.remove();
});

/** Runs a command, and does not wait for the service's next look at its directory. */
async function change(...words: readonly string[]): Promise<string> {
  const [name = '', ...rest] = words;
  const { code, report } = await countersignJson(['keys', name, '--dir', scratch.path, ...rest]);
  expect({ words, code }).toEqual({ words, code: 0 });
  await store.reload();
  return report.changed.at(-1)!.kid;
}

function published(): readonly string[] {
  return store.publicKeys().keys.map(({ kid }) => kid);
}

async function verify(): Promise<number> {
  return (await countersign(['keys', 'verify', '--dir', scratch.path, '--url', service.url])).code;
}

describe('a running service', () => {
  it('follows a whole rotation without a restart, and publishes after each step what verify expects', async () => {
    const first = store.signer().keyId;
    expect(await verify()).toBe(0);

    const second = await change('prepare');
    expect(store.signer().keyId).toBe(first);
    expect(published()).toEqual(expect.arrayContaining([first, second]));
    expect(await verify()).toBe(0);

    await change('activate', '--force');
    expect(store.signer().keyId).toBe(second);
    expect(published()).toEqual(expect.arrayContaining([first, second]));
    expect(await verify()).toBe(0);

    await change('retire', '--force');
    expect(store.signer().keyId).toBe(second);
    expect(published()).toEqual([second]);
    expect(await verify()).toBe(0);
  });

  it('publishes a revoked key no more, and signs with another', async () => {
    const revoked = store.signer().keyId;
    await change('revoke', '--reason', 'stolen', '--', revoked);
    expect(published()).not.toContain(revoked);
    expect(store.signer().keyId).not.toBe(revoked);
    expect(await verify()).toBe(0);
  });

  it('that reads its directory no more is found by verify', async () => {
    await store.close();
    await countersign(['keys', 'prepare', '--dir', scratch.path]);
    expect(await verify()).toBe(1);
  });

  it('publishes for as long as the directory reckons with', async () => {
    await change('prepare', '--verifier-cache-seconds', '3600');
    expect(store.verifierCacheSeconds).toBe(3600);
    expect(await verify()).toBe(0);
  });
});
