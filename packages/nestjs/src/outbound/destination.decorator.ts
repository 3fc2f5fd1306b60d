import { Inject } from '@nestjs/common';

const PREFIX = 'countersign:destination:';

/** The names that anything in the process asks for. The name of the list is global: every copy of this package finds it. */
const ASKED = Symbol.for('countersign:destinations');

/** The names that a class asks for, on the class. */
const ASKED_BY_CLASS = Symbol.for('countersign:destinations-of-class');

/**
 * Injects the client of a declared destination, a `DestinationClient`. A name that `destinations` does not declare keeps the
 * application from starting: the error says who asks for it, and which are declared.
 * @example
 * constructor(@Destination('census') private readonly census: DestinationClient) {}
 */
export function Destination(name: string): PropertyDecorator & ParameterDecorator {
  const inject = Inject(getDestinationToken(name));
  return (target: object, key: string | symbol | undefined, index?: number) => {
    // Of a property Nest hands over the prototype.
    const type: object = typeof target === 'function' ? target : target.constructor;
    Reflect.defineMetadata(ASKED_BY_CLASS, [...askedBy(type), name], type);
    // What an overload for each of the two says, one call cannot.
    (inject as (target: object, key: string | symbol | undefined, index?: number) => void)(
      target,
      key,
      index,
    );
  };
}

/**
 * Under which token the client of a destination is injected: for the `inject` of a factory, and for a stand-in in your tests.
 * @example
 * const census = { fetch: () => Promise.resolve(Response.json({ name: 'Ann' })) };
 * Test.createTestingModule({ providers: [Users, { provide: getDestinationToken('census'), useValue: census }] });
 */
export function getDestinationToken(name: string): symbol {
  askedNames().add(name);
  return Symbol.for(PREFIX + name);
}

/** Every name that was asked for so far, in this process. */
export function askedNames(): Set<string> {
  const found: unknown = Reflect.get(globalThis, ASKED);
  // Only copies of this package write under that name.
  if (found instanceof Set) return found as Set<string>;
  const made = new Set<string>();
  Reflect.set(globalThis, ASKED, made);
  return made;
}

/** The names that a class, or one that it extends, asks for. */
export function askedBy(type: object): readonly string[] {
  const names: unknown = Reflect.getMetadata(ASKED_BY_CLASS, type);
  return Array.isArray(names) ? names.map(String) : [];
}

/** The name behind a token of `getDestinationToken`; undefined for any other token. */
export function nameOfToken(token: unknown): string | undefined {
  const key = typeof token === 'symbol' ? Symbol.keyFor(token) : undefined;
  return key?.startsWith(PREFIX) === true ? key.slice(PREFIX.length) : undefined;
}
