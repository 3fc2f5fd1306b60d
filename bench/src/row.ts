import { type Measurement } from './results/results.js';

/** What a row of the micro or scale benchmark may use. */
export interface RowSettings {
  /** A short run, which only shows that the row works. */
  readonly quick: boolean;
  readonly rounds: number;
}

/** A row of the micro or scale benchmark; it has a process to itself. */
export interface BenchRow {
  /** Such as `micro/recall`. The rows that it measures start with it. */
  readonly name: string;
  readonly measure: (settings: RowSettings) => Promise<readonly Measurement[]>;
}
