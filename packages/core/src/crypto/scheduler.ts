import { type KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { isImmediateGenuine, setImmediate } from '../lib/timers.js';
import { type Algorithm } from './algorithms.js';

/**
 * Where signatures are made and checked: short ones at the end of a turn of the event loop, as many as its budget pays for;
 * all others in the thread pool, the long ones by turns.
 */

/** Microseconds that an operation takes on a machine of these days, or `long` for what is always handed over. */
interface Costs {
  readonly sign: number | 'long';
  readonly verify: number | 'long';
}

/** With its short exponent an RSA key is quick to verify with, and slow to sign with: 300 µs for 2048 bits, 3,500 for 4096. */
const RSA: Costs = { sign: 'long', verify: 20 };
const SLOW: Costs = { sign: 'long', verify: 'long' };

/** OpenSSL has quick arithmetic of its own for P-256 and Ed25519, and for no other curve. */
const COSTS: Readonly<Record<Algorithm, Costs>> = {
  RS256: RSA, RS384: RSA, RS512: RSA, PS256: RSA, PS384: RSA, PS512: RSA,
  ES256: { sign: 20, verify: 50 }, EdDSA: { sign: 25, verify: 70 },
  ES384: SLOW, ES512: SLOW,
}; // prettier-ignore

/** Verifying takes as long as the exponent is, and by the square of the size: this one has two bits; 4096 bits take 60 µs. */
const SHORT_EXPONENT = 65_537n;
const QUICK_BITS = 2048;
const MAX_BITS = 4096;

/**
 * The work that is done on the event loop in one turn. Where there are other cores they get the rest soon; where
 * there is only one, handing over costs and wins nothing but that the loop goes on.
 */
const MAX_PER_TURN = availableParallelism() > 1 ? 500 : 2000;

let doneInThisTurn = 0;

/**
 * Takes the time of one operation from what this turn of the event loop has left, to do it at the end of the turn. Waking a thread of the pool costs 8 to
 * 40 µs, which is as much as the operation. Beyond what one turn may take, the pool is worth its price: other cores help,
 * and the loop stays free. Where timers were faked before this was loaded the pool does it all.
 * @returns false when the operation belongs into the thread pool.
 */
export function takeBudget(operation: keyof Costs, algorithm: Algorithm, key: KeyObject): boolean {
  const cost = COSTS[algorithm][operation];
  if (!isImmediateGenuine || cost === 'long' || doneInThisTurn >= MAX_PER_TURN) return false;
  const size = sizeOf(key);
  if (size > MAX_BITS) return false;
  if (doneInThisTurn === 0) atEndOfTurn(endTurn);
  doneInThisTurn += size > QUICK_BITS ? cost * (size / QUICK_BITS) ** 2 : cost;
  return true;
}

/** Whether one operation takes a core for so long that it is never done on the event loop. */
export function isLong(operation: keyof Costs, algorithm: Algorithm, key: KeyObject): boolean {
  return COSTS[algorithm][operation] === 'long' || sizeOf(key) > MAX_BITS;
}

function endTurn(): void {
  doneInThisTurn = 0;
}

/** The bits of an RSA key; of another key nothing has to be asked. */
function sizeOf(key: KeyObject): number {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  return publicExponent > SHORT_EXPONENT ? Infinity : modulusLength;
}

let jobs: (() => void)[] = [];

/**
 * Does something at the end of this turn of the event loop, after whatever else is to be done there already. Only where
 * `isImmediateGenuine`: a faked `setImmediate` may never come to it.
 */
function atEndOfTurn(job: () => void): void {
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
