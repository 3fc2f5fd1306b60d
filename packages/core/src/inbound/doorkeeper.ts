/** Bits for each mark of a generation: about one text in twenty that never came is taken for one that did. */
const BITS_PER_MARK = 32;
const MIN_MARKS = 1024;

/** From the end of a text, where a token has its signature; the last character of one has fewer bits than the others. */
const FIRST = 7;
const LAST = 2;

/**
 * Which texts came before, roughly: a bit for each, found by six characters of its end. It costs nothing to speak of, so
 * that a text that comes for the first time need not be hashed, and leaves nothing behind for the collector.
 * A text that never came may be taken for one that did; one that came is known for as long as `marks` others that come
 * after it, and again as long each time that it is asked for.
 */
export class Doorkeeper {
  readonly #marks: number;
  readonly #shift: number;
  #young: Uint8Array;
  #old: Uint8Array;
  #count = 0;

  /** @param marks how many texts it tells apart, at least. */
  constructor(marks: number) {
    this.#marks = Math.max(marks, MIN_MARKS);
    const bits = Math.ceil(Math.log2(this.#marks * BITS_PER_MARK));
    this.#shift = 32 - bits;
    this.#young = new Uint8Array(2 ** (bits - 3));
    this.#old = new Uint8Array(2 ** (bits - 3));
  }

  /** Whether the text may have come before. */
  has(text: string): boolean {
    const place = this.#placeOf(text);
    if (isSet(this.#young, place)) return true;
    if (!isSet(this.#old, place)) return false;
    this.#set(place);
    return true;
  }

  add(text: string): void {
    this.#set(this.#placeOf(text));
  }

  #placeOf(text: string): number {
    let place = text.length;
    for (let back = FIRST; back >= LAST; back--)
      place = Math.imul(place, 0x01000193) ^ text.charCodeAt(text.length - back);
    return Math.imul(place, 0x9e3779b1) >>> this.#shift;
  }

  #set(place: number): void {
    if (this.#count >= this.#marks) {
      [this.#young, this.#old] = [this.#old.fill(0), this.#young];
      this.#count = 0;
    }
    const byte = place >>> 3;
    this.#young[byte] = (this.#young[byte] ?? 0) | (1 << (place & 7));
    this.#count++;
  }
}

function isSet(bits: Uint8Array, place: number): boolean {
  return (((bits[place >>> 3] ?? 0) >>> (place & 7)) & 1) === 1;
}
