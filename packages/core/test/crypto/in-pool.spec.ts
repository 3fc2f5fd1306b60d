import { availableParallelism } from 'node:os';
import { runInPool, type Done } from '../../src/crypto/in-pool.js';

const cores = availableParallelism();

/** Work that ends when the test says so. */
interface Work {
  readonly started: string[];
  readonly run: (name: string, isLong?: boolean) => Promise<string>;
  readonly end: (name: string, error?: Error) => Promise<void>;
}

function work(): Work {
  const started: string[] = [];
  const ends = new Map<string, Done<string>>();
  return {
    started,
    run: (name, isLong = true) =>
      runInPool(isLong, (done: Done<string>) => {
        started.push(name);
        ends.set(name, done);
      }),
    async end(name, error) {
      ends.get(name)?.(error ?? null, name);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const NAMES = Array.from({ length: cores + 3 }, (_, index) => `work ${String(index)}`);

describe('long work in the thread pool', () => {
  it('is done by as many threads at once as there are cores, in the order in which it came', async () => {
    const { started, run, end } = work();
    const results = NAMES.map((name) => run(name));
    for (let ended = 0; ended < NAMES.length; ended++) {
      expect(started).toEqual(NAMES.slice(0, cores + ended));
      await end(NAMES[ended] ?? '');
    }
    expect(await Promise.all(results)).toEqual(NAMES);
  });

  it('makes room for the next when it fails, also before it starts', async () => {
    const { started, run, end } = work();
    const failing = NAMES.map((name) => run(name));
    failing.forEach((promise) => void promise.catch(() => undefined));
    for (const name of NAMES) await end(name, new Error(name));
    expect(started).toEqual(NAMES);
    for (const [index, promise] of failing.entries()) await expect(promise).rejects.toThrow(NAMES[index]);
    await expect(
      runInPool(true, () => {
        throw new TypeError('cannot start');
      }),
    ).rejects.toThrow('cannot start');
    const after = run('after');
    await end('after');
    expect(await after).toBe('after');
  });

  it('is not waited for by short work', async () => {
    const { started, run, end } = work();
    const long = NAMES.map((name) => run(name));
    const short = run('short', false);
    expect(started).toContain('short');
    for (const name of ['short', ...NAMES]) await end(name);
    expect(await Promise.all([short, ...long])).toEqual(['short', ...NAMES]);
  });
});
