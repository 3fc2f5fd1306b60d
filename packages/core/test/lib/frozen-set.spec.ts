import { inspect } from 'node:util';
import { frozenSet } from '../../src/lib/frozen-set.js';

/** What code may do that was told that it holds a `Set`. */
function asSet(set: ReadonlySet<string>): Set<string> {
  return set as Set<string>;
}

describe('a fixed set', () => {
  it('has its values, each once and in their order', () => {
    const set = frozenSet(['b', 'a', 'b']);
    expect([...set, set.has('a'), set.has('c'), set.size]).toEqual(['b', 'a', true, false, 2]);
    expect([[...set.keys()], [...set.values()], [...set.entries()]]).toEqual([
      ['b', 'a'],
      ['b', 'a'],
      [
        ['b', 'b'],
        ['a', 'a'],
      ],
    ]);
    expect(new Set(set).add('c').size).toBe(3);
  });

  it('hands out itself, and not what it keeps its values in', () => {
    const set = frozenSet(['a', 'b']);
    const seen: unknown[] = [];
    const self = {};
    set.forEach(function (this: unknown, ...given) {
      seen.push([this, ...given]);
    }, self);
    expect(seen).toEqual([
      [self, 'a', 'a', set],
      [self, 'b', 'b', set],
    ]);
    expect(seen.flat().every((each) => each === self || each === set || typeof each === 'string')).toBe(true);
  });

  describe.each([
    ['of two values', () => frozenSet(['a', 'b'])],
    ['without values, which all who need one share', () => frozenSet<string>([])],
  ])('%s', (_what, make) => {
    it.each<[string, (set: ReadonlySet<string>) => unknown]>([
      ['add', (set) => asSet(set).add('admin')],
      ['delete', (set) => asSet(set).delete('a')],
      ['clear', (set) => asSet(set).clear()],
      ['Set.prototype.add', (set) => Set.prototype.add.call(set, 'admin')],
      ['Set.prototype.delete', (set) => Set.prototype.delete.call(set, 'a')],
      ['Set.prototype.clear', (set) => Set.prototype.clear.call(set)],
      ['another prototype', (set) => Object.setPrototypeOf(set, { has: () => true })],
      ['a method of its own', (set) => Object.defineProperty(set, 'has', { value: () => true })],
      ['an assignment', (set) => Object.assign(set, { has: () => true })],
      [
        'another method for all of its kind',
        (set) => Object.assign(Object.getPrototypeOf(set) as object, { has: () => true }),
      ],
      [
        'another definition for all of its kind',
        (set) => Object.defineProperty(Object.getPrototypeOf(set), 'size', { value: 9 }),
      ],
      [
        'another prototype for all of its kind',
        (set) => Object.setPrototypeOf(Object.getPrototypeOf(set), null),
      ],
    ])('cannot be changed by %s', (_by, change) => {
      const set = make();
      const before = [...set];
      expect(() => change(set)).toThrow(TypeError);
      expect([[...set], set.size, set.has('admin')]).toEqual([before, before.length, false]);
      expect(Object.isFrozen(set)).toBe(true);
    });

    it('cannot be changed by a constructor of its kind', () => {
      const set = make();
      const Kind = set.constructor as new (values: readonly string[]) => Set<string>;
      expect([...new Kind(['c']).add('d')]).toEqual(['c', 'd']);
      expect(set.has('d')).toBe(false);
    });
  });

  it('is a list in JSON', () => {
    expect(JSON.stringify({ scopes: frozenSet(['a', 'b']), roles: frozenSet([]) })).toBe(
      '{"scopes":["a","b"],"roles":[]}',
    );
  });

  it('shows its values where it is logged', () => {
    expect(inspect({ scopes: frozenSet(['a', 'b']) })).toBe("{ scopes: Set(2) { 'a', 'b' } }");
    expect(String(frozenSet(['a']))).toBe('[object Set]');
  });

  it('is like an ordinary set to what compares, and to what asks for its class', () => {
    expect(frozenSet(['a', 'b'])).toEqual(new Set(['b', 'a']));
    expect(new Set(['b', 'a'])).toEqual(frozenSet(['a', 'b']));
    expect(frozenSet(['a'])).not.toEqual(new Set(['b']));
    expect(frozenSet(['a'])).not.toEqual(frozenSet(['a', 'b']));
    expect(frozenSet(['a'])).toBeInstanceOf(Set);
  });

  it('is an empty object to a structured clone, which knows no sets but the built-in ones', () => {
    expect(structuredClone({ scopes: frozenSet(['a']) })).toEqual({ scopes: {} });
    expect(structuredClone([...frozenSet(['a'])])).toEqual(['a']);
  });

  it('has the methods of sets that this version of Node knows, and takes part in those of others', () => {
    const [set, other] = [frozenSet(['a', 'b']), new Set(['b', 'c'])];
    const results = Object.entries({
      union: ['a', 'b', 'c'],
      intersection: ['b'],
      difference: ['a'],
      symmetricDifference: ['a', 'c'],
      isSubsetOf: false,
      isSupersetOf: false,
      isDisjointFrom: false,
    }).map(([name, expected]) => [name, name in Set.prototype, expected] as const);
    const call = (name: string, on: object, argument: object): unknown => {
      const method: unknown = Reflect.get(on, name);
      if (typeof method !== 'function') return undefined;
      const result: unknown = Reflect.apply(method, on, [argument]);
      return result instanceof Set ? [...(result as Set<unknown>)] : result;
    };
    for (const [name, isKnown, expected] of results) {
      expect([name, call(name, set, other)]).toEqual([name, isKnown ? expected : undefined]);
      expect([name, call(name, new Set(set), frozenSet([...other]))]).toEqual([
        name,
        isKnown ? expected : undefined,
      ]);
    }
  });
});
