/**
 * A set that cannot be changed, so that requests may share it: making one for each of them costs more than most steps do.
 * Whoever tries gets a TypeError. To tools that compare it is an ordinary `Set`.
 */
class FixedSet<Value> extends Set<Value> {
  constructor(values: Iterable<Value>) {
    super();
    for (const value of values) super.add(value);
  }

  override add(): never {
    throw new TypeError('this set cannot be changed; make one of your own: new Set(set)');
  }

  override delete(): never {
    return this.add();
  }

  override clear(): never {
    return this.add();
  }
}
Object.defineProperty(FixedSet.prototype, 'constructor', { value: Set });

/** A set of these values that cannot be changed. */
export function fixedSet<Value>(values: readonly Value[]): ReadonlySet<Value> {
  return values.length === 0 ? EMPTY : new FixedSet(values);
}

/** Most tokens name no roles. */
const EMPTY = new FixedSet<never>([]);
