/** Sets an entry of a map that holds `maxEntries` at most: when it is full, what was set longest ago goes. */
export function setBounded<Key, Value>(
  map: Map<Key, Value>,
  key: Key,
  value: Value,
  maxEntries: number,
): void {
  map.delete(key);
  if (map.size >= maxEntries) {
    const [oldest] = map.keys();
    if (oldest !== undefined) map.delete(oldest);
  }
  map.set(key, value);
}

/** More texts than this are not kept, and no longer ones. */
const MAX_TEXTS = 256;
const MAX_LENGTH = 512;

/**
 * What was read of texts that come again and again, such as the header of all tokens by one key. Bounded: whoever sends others
 * only makes us read them once more.
 */
export class Memo<Value> {
  readonly #values = new Map<string, Value>();

  get(text: string): Value | undefined {
    return this.#values.get(text);
  }

  /** @param text no piece of a longer one, which would be kept as a whole. */
  keep(text: string, value: Value): Value {
    if (text.length > MAX_LENGTH) return value;
    if (this.#values.size >= MAX_TEXTS) this.#values.clear();
    this.#values.set(text, value);
    return value;
  }
}
