import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createKeyStore } from '../../../src/key-store/create-key-store.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-first-key-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('the key that is made in an empty directory:', () => {
  it('whoever opens the store is told of it, once, and nothing secret', async () => {
    const made: unknown[] = [];
    const onKeyMade = (key: object): void => void made.push(key);
    const store = await createKeyStore({ directory: relative('', directory), algorithm: 'ES384', onKeyMade });
    await createKeyStore({ directory, onKeyMade });
    expect(made).toEqual([{ keyId: store.signer().keyId, algorithm: 'ES384', directory }]);
  });

  it('of eight stores that open at once one is told', async () => {
    const made: string[] = [];
    const onKeyMade = ({ keyId }: { readonly keyId: string }): void => void made.push(keyId);
    const [store] = await Promise.all(
      Array.from({ length: 8 }, () => createKeyStore({ directory, onKeyMade })),
    );
    expect(made).toEqual([store?.signer().keyId]);
  });

  it('is made whatever somebody does with the news', async () => {
    const onKeyMade = (): never => {
      throw new Error('nobody listens');
    };
    const store = await createKeyStore({ directory, onKeyMade });
    expect(store.publicKeys().keys).toHaveLength(1);
  });
});
