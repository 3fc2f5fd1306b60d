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

/** One of several steps: it notes what it finds in its subject, and throws what it refuses. */
export type Step<Subject> = (subject: Subject) => Awaitable<void>;

/**
 * Takes steps in their order, each when the one before it is done, and stops at the first that throws. Waits only for
 * those that return a promise.
 * @returns undefined when nothing had to be waited for.
 */
export function inOrder<Subject>(
  steps: readonly Step<Subject>[],
  subject: Subject,
  first = 0,
): Promise<void> | undefined {
  for (let index = first; index < steps.length; index++) {
    const pending = steps[index]?.(subject);
    if (typeof pending === 'object') return goOnAfter(pending, steps, subject, index + 1);
  }
  return undefined;
}

/** Apart from the loop, so that no closure is made where nothing has to be waited for. */
async function goOnAfter<Subject>(
  pending: Promise<void>,
  steps: readonly Step<Subject>[],
  subject: Subject,
  next: number,
): Promise<void> {
  await pending;
  await inOrder(steps, subject, next);
}

/** Whether something has to be waited for. By its member: a promise of another realm is one too. */
export function isPromise<Value extends object | boolean | undefined>(
  value: Awaitable<Value>,
): value is Promise<Value> {
  return typeof value === 'object' && 'then' in value;
}
