import {
  type KeyChange,
  type KeyDirectoryState,
  type KeyProblem,
  type KeyStep,
} from '@countersign/core/rotation';
import { type Styles } from './styles.js';

/**
 * How a command ended: `done`; `nothing_due`, when all is as it should be; `refused`, when it would break something now;
 * `problems_found`; `failed`, when it could not be carried out at all.
 */
export type Outcome = 'done' | 'nothing_due' | 'refused' | 'problems_found' | 'failed';

/** Why a command did nothing, and when and how it may be done. Times are seconds since the epoch. */
export interface Refusal {
  readonly code: string;
  /** When it becomes safe; undefined when waiting does not help. */
  readonly notBefore: number | undefined;
  /** What to type then; undefined when waiting does not help. */
  readonly command: string | undefined;
  /** What does it now; undefined when nothing does. */
  readonly forceCommand: string | undefined;
  /** What that would break. */
  readonly wouldBreak: string | undefined;
}

/** The step of the rotation that comes next, with what to type. */
export interface NextStep extends KeyStep {
  readonly command: string;
}

/** Everything that a command has to say, for people and for programs. */
export interface Report {
  /** Such as `keys activate`. */
  readonly command: string;
  readonly directory: string;
  readonly outcome: Outcome;
  /** Seconds since the epoch. */
  readonly at: number;
  /** What happened. The first one alone says what matters. */
  readonly sentences: readonly string[];
  readonly changed: readonly KeyChange[];
  /** All keys afterwards; undefined when the directory could not be read. */
  readonly state: KeyDirectoryState | undefined;
  readonly next: NextStep | undefined;
  readonly refusal: Refusal | undefined;
  readonly problems: readonly KeyProblem[];
  /** Whether people need not hear of it. Programs that ask for JSON always get their document. */
  readonly isQuiet: boolean;
  /** Further lines for people only. */
  details(styles: Styles): readonly string[];
}

const EXIT_CODES: Readonly<Record<Outcome, 0 | 1>> = {
  done: 0,
  nothing_due: 0,
  refused: 1,
  problems_found: 1,
  failed: 1,
};

/** 0 when all is well, 1 when it is not. Wrong usage is 2, and never gets as far as a report. */
export function exitCodeOf({ outcome }: Report): 0 | 1 {
  return EXIT_CODES[outcome];
}
