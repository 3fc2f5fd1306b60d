import { UnknownKeys } from '../../src/keys/unknown-keys.js';

describe('the names of unknown keys', () => {
  it('are remembered twice as long each time that they come back, up to a limit', () => {
    const unknown = new UnknownKeys({ seconds: 30, maxSeconds: 100 });
    let now = 0;
    for (const seconds of [30, 60, 100, 100]) {
      expect(unknown.has('bad', now)).toBe(false);
      unknown.add('bad', now);
      unknown.add('bad', now);
      expect(unknown.has('bad', now + seconds - 0.1)).toBe(true);
      now += seconds;
    }
    expect(unknown.has('bad', now)).toBe(false);
  });

  it('are remembered one by one', () => {
    const unknown = new UnknownKeys({ seconds: 30, maxSeconds: 100 });
    unknown.add('bad', 0);
    expect(unknown.has('worse', 0)).toBe(false);
  });

  it('are 1,000 at most: the oldest is forgotten first', () => {
    const unknown = new UnknownKeys({ seconds: 30, maxSeconds: 100 });
    for (let index = 0; index <= 1000; index++) unknown.add(`bad-${String(index)}`, 0);
    expect(unknown.has('bad-0', 1)).toBe(false);
    expect(unknown.has('bad-1', 1)).toBe(true);
    expect(unknown.has('bad-1000', 1)).toBe(true);
  });
});
