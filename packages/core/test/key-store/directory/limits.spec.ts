import { cp, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { createOwnKeys, published, type OwnKeys } from '../../support/own-keys.js';

let own: OwnKeys;

beforeEach(async () => {
  own = await createOwnKeys();
});

afterEach(() => own.close());

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `${String(index + 1).padStart(4, '0')}.jwk.json`);

async function keyFiles(): Promise<readonly string[]> {
  return (await readdir(own.directory)).filter((name) => name.endsWith('.jwk.json'));
}

describe('a change whose manifest nobody could read', () => {
  it('is refused: more keys than a manifest may hold, one rotation after the other', async () => {
    await own.keys.prepare();
    async function rotateOnce() {
      await own.keys.prepare();
      await own.keys.activate({ force: true });
    }
    await expect(untilRefused(rotateOnce)).rejects.toMatchObject({
      code: 'rotation_not_possible',
      message: expect.stringContaining('retire or revoke'),
    });
    expect(published(await own.open())).toHaveLength(32);
    expect(await keyFiles()).toHaveLength(32);
    expect((await own.keys.retire({ force: true })).changed).toHaveLength(31);
  });

  it('is refused: more numbered files than a manifest may hold, which are used all the same', async () => {
    for (const name of numbered(33)) await own.put(name);
    await expect(own.keys.prepare()).rejects.toMatchObject({ code: 'rotation_not_possible' });
    expect(published(await own.open())).toHaveLength(33);
    expect(await keyFiles()).toHaveLength(33);
  });

  it('is refused: after the highest number that a manifest can have', async () => {
    await own.keys.prepare();
    const last = join(own.directory, 'manifest-999999999999.json');
    await cp(join(own.directory, 'manifest-000001.json'), last);
    await expect(own.keys.prepare()).rejects.toMatchObject({ code: 'rotation_not_possible' });
    expect(published(await own.open())).toHaveLength(1);
  });
});

async function untilRefused(step: () => Promise<void>): Promise<never> {
  for (;;) await step();
}

it('the files of more keys than the history keeps are all deleted', async () => {
  for (const name of numbered(25)) await own.put(name);
  await own.keys.retire({ force: true });
  expect(await keyFiles()).toEqual(['0025.jwk.json']);
});

it('a numbered file that was copied with its old time counts from the copy on', async () => {
  const [first = '', second = ''] = numbered(2);
  await own.put(first);
  const path = await own.put(second);
  const longAgo = new Date(Date.now() - 86_400_000);
  await utimes(path, longAgo, longAgo);
  own.clock.set(Date.now() / 1000);
  await expect(own.keys.retire()).rejects.toMatchObject({ code: 'rotation_too_early' });
});
