import { type Figure } from './judge.js';

/** How much of the drill is played: all of it, or as much as a check of every change can wait for. */
export type Form = 'full' | 'quick';

/** What a scene is played on. */
export interface Stage {
  readonly form: Form;
  /** A folder of its own, removed afterwards. */
  readonly folder: string;
}

/** One thing that goes wrong with keys, played with real processes. */
export interface Scene {
  readonly name: string;
  /** What happens, in one sentence. */
  readonly story: string;
  play(stage: Stage): Promise<readonly Figure[]>;
}
