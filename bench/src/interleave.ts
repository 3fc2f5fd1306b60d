import { Samples, type Measurement } from './results/results.js';

/** One of the things that are compared. */
export interface Variant {
  readonly name: string;
  /**
   * Does that many operations. It is asked `rounds` times, and once before to get warm, so that a variant which needs new
   * tokens must have `rounds + 1` times as many.
   */
  readonly run: (operations: number) => void | Promise<void>;
}

export interface InterleaveOptions {
  /** Such as `micro/recall`; the names of the variants are added. */
  readonly row: string;
  readonly rounds: number;
  readonly operations: number;
  /** `cpu` counts the time of all threads of this process, `wall` what passes on the clock. */
  readonly time: 'cpu' | 'wall';
}

/** Runs all variants once, then all of them again, and so on. The samples are microseconds for one operation. */
export async function interleave(
  variants: readonly Variant[],
  { row, rounds, operations, time }: InterleaveOptions,
): Promise<readonly Measurement[]> {
  const samples = new Samples();
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, run } of variants) {
      globalThis.gc?.();
      const cpu = process.cpuUsage();
      const started = process.hrtime.bigint();
      await run(operations);
      const wall = Number(process.hrtime.bigint() - started) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      if (round === 0) continue;
      samples.add(
        `${row}/${name}`,
        time === 'cpu' ? 'µs CPU' : 'µs',
        (time === 'cpu' ? user + system : wall) / operations,
      );
    }
  }
  return samples.measurements();
}

/** Does so many operations, with `width` of them under way at once. What has its answer at once is not waited for. */
export async function inFlight(
  operations: number,
  width: number,
  operation: (index: number) => unknown,
): Promise<void> {
  let next = 0;
  async function lane(): Promise<void> {
    while (next < operations) {
      const index = next;
      next += 1;
      const answer = operation(index);
      if (answer instanceof Promise) await answer;
    }
  }
  await Promise.all(Array.from({ length: width }, lane));
}

/**
 * Does so many operations, a few in each turn of the event loop, as a busy server does: its requests come in turns. Whatever
 * has to be waited for is, before the next turn. A turn costs 1 to 2 µs for each of its operations, so that whatever is
 * compared is done in turns.
 */
export async function inTurns(operations: number, operation: (index: number) => unknown): Promise<void> {
  for (let start = 0; start < operations; start += PER_TURN) {
    const answers: unknown[] = [];
    for (let index = start; index < Math.min(start + PER_TURN, operations); index += 1)
      answers.push(operation(index));
    if (answers.some((answer) => answer instanceof Promise)) await Promise.all(answers);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const PER_TURN = 6;
