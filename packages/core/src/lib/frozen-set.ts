import { inspect, type InspectOptions } from 'node:util';

/**
 * A set that cannot be changed by any means, so that requests may share it: making one for each of them costs more than most
 * steps do. Its values are in a field that nobody else can reach; a frozen `Set` would still take what `Set.prototype.add`
 * is called on it with. To `instanceof`, and to tools that compare or show it, it is an ordinary `Set`.
 */
class FrozenSet<Value> implements ReadonlySet<Value> {
  readonly #values: ReadonlySet<Value>;

  constructor(values: Iterable<Value>) {
    this.#values = new Set(values);
    Object.freeze(this);
  }

  get size(): number {
    return this.#values.size;
  }

  has(value: Value): boolean {
    return this.#values.has(value);
  }

  /** Whoever is called gets this set, and not the one inside. */
  forEach(callback: (value: Value, key: Value, set: ReadonlySet<Value>) => void, self?: unknown): void {
    for (const value of this.#values) Reflect.apply(callback, self, [value, value, this]);
  }

  keys() {
    return this.#values.keys();
  }

  values() {
    return this.#values.values();
  }

  entries() {
    return this.#values.entries();
  }

  [Symbol.iterator]() {
    return this.#values.values();
  }

  get [Symbol.toStringTag](): string {
    return 'Set';
  }

  /** A list, where JSON would make an empty object of a set. */
  toJSON(): readonly Value[] {
    return [...this.#values];
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return inspect(new Set(this.#values), options);
  }

  add(): never {
    throw new TypeError('this set cannot be changed; make one of your own: new Set(set)');
  }

  delete(): never {
    return this.add();
  }

  clear(): never {
    return this.add();
  }
}

/** Newer versions of Node have them (ES2025). What they return is an ordinary set, or whether something is so. */
const ALGEBRA = [
  'union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom',
] as const; // prettier-ignore

for (const name of ALGEBRA) {
  const method: unknown = Reflect.get(Set.prototype, name);
  if (typeof method !== 'function') continue;
  const value = function (this: FrozenSet<unknown>, other: unknown): unknown {
    return Reflect.apply(method, new Set(this), [other]);
  };
  Object.defineProperty(FrozenSet.prototype, name, { value });
}
Object.setPrototypeOf(FrozenSet.prototype, Set.prototype);
Object.defineProperty(FrozenSet.prototype, 'constructor', { value: Set });
Object.freeze(FrozenSet.prototype);

/** A set of these values that cannot be changed. In JSON it is a list. A structured clone of it is an empty object. */
export function frozenSet<Value>(values: readonly Value[]): ReadonlySet<Value> {
  return values.length === 0 ? EMPTY : new FrozenSet(values);
}

/** Most tokens name no roles. */
const EMPTY = new FrozenSet<never>([]);
