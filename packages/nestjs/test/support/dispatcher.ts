/** Where the undici inside Node keeps the dispatcher of `fetch`: there is no other way to its classes. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

interface Dispatcher {
  close(): Promise<void>;
}

/** A dispatcher for `fetch` with connections of its own, as an application makes one with the package undici. */
export function openDispatcher(options: object): Dispatcher & { readonly option: RequestInit } {
  // The first call makes the global one; this one goes nowhere.
  fetch('data:,').catch(() => undefined);
  // The global object that `fetch` belongs to: Jest gives each test one of its own.
  const globalOf = Reflect.construct(fetch.constructor as FunctionConstructor, [
    'return globalThis',
  ]) as () => object;
  const { constructor } = Reflect.get(globalOf(), GLOBAL_DISPATCHER) as object;
  const dispatcher = Reflect.construct(constructor, [options]) as Dispatcher;
  return { option: { dispatcher } as RequestInit, close: () => dispatcher.close() };
}
