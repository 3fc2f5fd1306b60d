import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { doneAtEndOfTurn, runInPool, takeBudget, type Done } from '../../src/crypto/scheduler.js';
import { EVERY_ALGORITHM, trustedKey } from '../support/forge.js';

const rsa = (modulusLength: number, publicExponent = 0x10001): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey;

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
beforeEach(nextTurn);

describe('a signature is made or checked on the event loop', () => {
  it.each(EVERY_ALGORITHM)('or not, by what that costs: %s', (algorithm) => {
    const { publicKey } = trustedKey(algorithm);
    const isSlowCurve = algorithm === 'ES384' || algorithm === 'ES512';
    const isRsa = /^[RP]S/.test(algorithm);
    expect(takeBudget('verify', algorithm, publicKey)).toBe(!isSlowCurve);
    expect(takeBudget('sign', algorithm, publicKey)).toBe(!isSlowCurve && !isRsa);
  });

  it('only with an RSA key of 4,096 bits at most, and with a short exponent', () => {
    expect(takeBudget('verify', 'RS256', rsa(4096))).toBe(true);
    expect(takeBudget('verify', 'RS256', rsa(4104))).toBe(false);
    expect(takeBudget('verify', 'RS256', rsa(2048, 0x10003))).toBe(false);
  });

  it('for half a millisecond in one turn of the event loop at most, or two where there is one core only', async () => {
    const { publicKey } = trustedKey('ES256');
    let checks = 0;
    while (takeBudget('verify', 'ES256', publicKey)) checks++;
    expect(checks).toBe(availableParallelism() > 1 ? 10 : 40);
    expect(takeBudget('sign', 'EdDSA', trustedKey('EdDSA').publicKey)).toBe(false);
    await nextTurn();
    expect(takeBudget('verify', 'ES256', publicKey)).toBe(true);
  });
});

describe('work at the end of a turn', () => {
  it('is done in one go and in order, before whoever waits for it goes on', async () => {
    const happened: string[] = [];
    const first = doneAtEndOfTurn(() => happened.push('first')).then(() => happened.push('after first'));
    const second = doneAtEndOfTurn(() => happened.push('second')).then(() => happened.push('after second'));
    await Promise.resolve();
    expect(happened).toEqual([]);
    await Promise.all([first, second]);
    expect(happened).toEqual(['first', 'second', 'after first', 'after second']);
  });

  it('that fails fails for whoever waits for it, and for nobody else', async () => {
    const failing = doneAtEndOfTurn(() => {
      throw new TypeError('no such key');
    });
    const other = doneAtEndOfTurn(() => true);
    await expect(failing).rejects.toThrow(new TypeError('no such key'));
    await expect(other).resolves.toBe(true);
  });

  it('that is asked for meanwhile has its turn too', async () => {
    const nested = doneAtEndOfTurn(() => doneAtEndOfTurn(() => 'later'));
    await expect(nested).resolves.toBe('later');
  });
});

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
