import { type KeyDirectory, type KeyOverlap } from '@countersign/core/rotation';
import { type Report } from '../output/report.js';

/** What every command takes. */
export interface KeysOptions {
  readonly dir: string;
  readonly json?: boolean;
  readonly allowOthersToReadKeys?: boolean;
}

/** The part of a report that only the command knows. */
export type Findings = Pick<Report, 'outcome' | 'sentences'> &
  Partial<Pick<Report, 'state' | 'changed' | 'problems' | 'refusal' | 'details' | 'isQuiet'>>;

/** One command at work. */
export interface Task {
  /** Such as `activate`. */
  readonly name: string;
  readonly options: KeysOptions;
  /** The key id as it was typed, perhaps abbreviated. */
  readonly kid?: string | undefined;
  /** How long keys must overlap, where the command says so. */
  readonly overlap?: Partial<KeyOverlap>;
  /** Whether it only looks. Default false. */
  readonly isReadOnly?: boolean;
  run(directory: KeyDirectory): Promise<Findings>;
}
