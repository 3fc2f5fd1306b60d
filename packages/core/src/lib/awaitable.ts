/** A value, or the promise of one where something has to be waited for. */
export type Awaitable<Value> = Value | Promise<Value>;

/**
 * Goes on with a value: at once when it is there, otherwise when it comes.
 * A promise costs more than most steps do, so none is made for a step that has its answer.
 */
export function whenReady<Value extends object | boolean | undefined, Result>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Whether something has to be waited for. By its member: a promise of another realm is one too. */
export function isPromise<Value extends object | boolean | undefined>(
  value: Awaitable<Value>,
): value is Promise<Value> {
  return typeof value === 'object' && 'then' in value;
}
