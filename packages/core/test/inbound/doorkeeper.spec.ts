import { randomBytes } from 'node:crypto';
import { Doorkeeper } from '../../src/inbound/doorkeeper.js';

const texts = (count: number): readonly string[] =>
  Array.from({ length: count }, () => randomBytes(64).toString('base64url'));

/** How many of these texts are taken for ones that came before. */
const known = (doorkeeper: Doorkeeper, of: readonly string[]): number =>
  of.filter((text) => doorkeeper.has(text)).length;

describe('doorkeeper', () => {
  it('knows every text that came, until as many others have come after it', () => {
    const doorkeeper = new Doorkeeper(2000);
    const came = texts(2000);
    for (const text of came) doorkeeper.add(text);
    expect(known(doorkeeper, came)).toBe(2000);
  });

  it('takes few texts for known that never came', () => {
    const doorkeeper = new Doorkeeper(2000);
    for (const text of texts(10_000)) doorkeeper.add(text);
    expect(known(doorkeeper, texts(10_000))).toBeLessThan(1500);
  });

  it('forgets what did not come for long, and keeps what is asked for', () => {
    const doorkeeper = new Doorkeeper(1024);
    const [inUse = '', ...forgotten] = texts(400);
    for (const text of [inUse, ...forgotten]) doorkeeper.add(text);
    for (const text of texts(5000)) {
      doorkeeper.add(text);
      expect(doorkeeper.has(inUse)).toBe(true);
    }
    expect(known(doorkeeper, forgotten)).toBeLessThan(80);
  });

  it.each(['', 'a', 'abcdef', '\u{1f511}'.repeat(9)])('may be asked for any text: %j', (text) => {
    const doorkeeper = new Doorkeeper(1);
    expect(doorkeeper.has(text)).toBe(false);
    doorkeeper.add(text);
    expect(doorkeeper.has(text)).toBe(true);
  });
});
