import { randomBytes } from 'node:crypto';
import { Sightings } from '../../src/inbound/doorkeeper.js';

const texts = (count: number): readonly string[] =>
  Array.from({ length: count }, () => randomBytes(64).toString('base64url'));

/** How many of these texts are taken for ones that came before. */
const known = (sightings: Sightings, of: readonly string[]): number =>
  of.filter((text) => sightings.has(text)).length;

describe('sightings', () => {
  it('know every text that came, for as long as so many others that come after it', () => {
    const sightings = new Sightings(2000);
    const came = texts(2000);
    for (const text of came) sightings.add(text);
    expect(known(sightings, came)).toBe(2000);
  });

  it('take few texts for known that never came', () => {
    const sightings = new Sightings(2000);
    for (const text of texts(10_000)) sightings.add(text);
    expect(known(sightings, texts(10_000))).toBeLessThan(1500);
  });

  it('forget what did not come for long, and keep what is asked for', () => {
    const sightings = new Sightings(1024);
    const [inUse = '', ...forgotten] = texts(400);
    for (const text of [inUse, ...forgotten]) sightings.add(text);
    for (const text of texts(5000)) {
      sightings.add(text);
      expect(sightings.has(inUse)).toBe(true);
    }
    expect(known(sightings, forgotten)).toBeLessThan(80);
  });

  it.each(['', 'a', 'abcdef', '\u{1f511}'.repeat(9)])('may be asked for any text: %j', (text) => {
    const sightings = new Sightings(1);
    expect(sightings.has(text)).toBe(false);
    sightings.add(text);
    expect(sightings.has(text)).toBe(true);
  });
});
