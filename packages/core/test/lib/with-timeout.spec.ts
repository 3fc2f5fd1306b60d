import { withTimeout } from '../../src/lib/with-timeout.js';

const tooLate = () => new RangeError('too late');

describe('work with a time limit', () => {
  it('gives what it comes to, also at once', async () => {
    await expect(withTimeout(() => 'done', 60_000, tooLate)).resolves.toBe('done');
    await expect(withTimeout(() => Promise.resolve('done'), 60_000, tooLate)).resolves.toBe('done');
  });

  it('fails as it fails, also at once', async () => {
    const fail = (): never => {
      throw new TypeError('no');
    };
    await expect(withTimeout(fail, 60_000, tooLate)).rejects.toThrow(new TypeError('no'));
    await expect(withTimeout(() => Promise.reject(new TypeError('no')), 60_000, tooLate)).rejects.toThrow(
      new TypeError('no'),
    );
  });

  it('fails when the time is over', async () => {
    const never = new Promise<string>(() => undefined);
    await expect(withTimeout(() => never, 1, tooLate)).rejects.toThrow(tooLate());
  });
});
