import { availableParallelism } from 'node:os';

/** What `node:crypto` calls when the work is done. */
export type Done<Result> = (error: Error | null, result: Result) => void;

/**
 * As much long work as this is in the thread pool at once: more would have no core to run on, only take time from the event
 * loop, and keep files and host names waiting, which use the same threads.
 */
const MAX_LONG_AT_ONCE = availableParallelism();

let longAtOnce = 0;
const waiting: (() => void)[] = [];

/**
 * Runs work in the thread pool. Long work waits for its turn, in the order in which it came.
 * @param isLong whether it takes a core for longer than handing it over does.
 */
export async function runInPool<Result>(
  isLong: boolean,
  start: (done: Done<Result>) => void,
): Promise<Result> {
  if (!isLong) return settled(start);
  if (longAtOnce >= MAX_LONG_AT_ONCE)
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
    });
  else longAtOnce++;
  try {
    return await settled(start);
  } finally {
    // Whoever waits takes over the place.
    const next = waiting.shift();
    if (next === undefined) longAtOnce--;
    else next();
  }
}

function settled<Result>(start: (done: Done<Result>) => void): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    start((error, result) => {
      if (error === null) resolve(result);
      else reject(error);
    });
  });
}
