import { setImmediate } from '../lib/timers.js';

let jobs: (() => void)[] = [];

/**
 * Does something at the end of this turn of the event loop, after whatever else is to be done there already. Only where
 * `isImmediateGenuine`: a faked `setImmediate` may never come to it.
 */
export function atEndOfTurn(job: () => void): void {
  if (jobs.length === 0) setImmediate(doAll);
  jobs.push(job);
}

/**
 * Does short work at the end of this turn of the event loop, in one go with whatever else is to be done there. A busy server
 * reads several requests in a turn: done one by one, each signature finds the processor's caches filled by what came
 * between, and takes twice as long.
 */
export function doneAtEndOfTurn<Result>(work: () => Result): Promise<Result> {
  return new Promise((resolve, reject) => {
    atEndOfTurn(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error instanceof Error ? error : new Error('the work failed', { cause: error }));
      }
    });
  });
}

/** Whoever waits goes on when all is done: microtasks come after this. */
function doAll(): void {
  const all = jobs;
  jobs = [];
  for (const job of all) job();
}
