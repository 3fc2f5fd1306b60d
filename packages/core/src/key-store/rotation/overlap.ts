import { invalidOption, OptionsReader } from '../../options.js';
import { OVERLAP_RANGES, type KeyOverlap } from './key-record.js';
import { shortestCycleSeconds } from './schedule.js';

/** A rotation that takes longer than this is none. */
const MAX_CYCLE_SECONDS = 10 * 365 * 86_400;

/** Reads `verifierCacheSeconds` and `longestTokenSeconds`, both of them optional. @throws TypeError naming the member. */
export function readOverlap(value: unknown, path: string): Partial<KeyOverlap> {
  const names = ['verifierCacheSeconds', 'longestTokenSeconds'] as const;
  const read = new OptionsReader(value, path, names);
  const given = names.filter((name) => read.has(name));
  return Object.fromEntries(
    given.map((name) => [name, read.number(name, { fallback: NaN, ...OVERLAP_RANGES[name] })]),
  );
}

/** @throws TypeError when a cycle is shorter than its own steps. */
export function refuseShortCycle(everySeconds: unknown, overlap: KeyOverlap, path: string): void {
  const shortest = shortestCycleSeconds(overlap);
  const isLongEnough = typeof everySeconds === 'number' && everySeconds >= shortest;
  if (isLongEnough && everySeconds <= MAX_CYCLE_SECONDS) return;
  const range = `from ${String(shortest)} (verifiers' caches and tokens must expire) to ${String(MAX_CYCLE_SECONDS)}`;
  throw invalidOption(path, `must be a number ${range}`);
}
