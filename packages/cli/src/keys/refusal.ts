import { CountersignError } from '@countersign/core';
import { CommanderError } from 'commander';
import { roundedUpIsoTime } from '../output/iso-time.js';
import { commandText } from './command-text.js';
import { type Findings, type Task } from './task.js';

const REFUSALS: ReadonlySet<string> = new Set(['rotation_too_early', 'rotation_not_possible']);

/** What going too fast would break, by the command that was refused. */
const WOULD_BREAK: ReadonlyMap<string, (safeAt: string) => string> = new Map([
  [
    'activate',
    (safeAt) =>
      `services that fetched the key set before this key was in it do not know it. Until they fetch it again they answer ` +
      `401 key_unknown to your calls; all have by ${safeAt}.`,
  ],
  [
    'retire',
    (safeAt) =>
      `tokens that the key signed while it was active may still be under way. They are refused with 401 key_unknown; ` +
      `none is left by ${safeAt}.`,
  ],
]);

/**
 * What a command that did not come to an end has to say: a refusal, or a failure of the system. Never a stack trace. Wrong
 * usage is thrown on.
 */
export function refusalOf(error: unknown, task: Task): Findings {
  if (error instanceof CommanderError) throw error;
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof CountersignError) || !REFUSALS.has(error.code))
    return { outcome: 'failed', sentences: [`Failed: ${message}`] };
  const { code, notBefore } = error;
  const breaks =
    notBefore === undefined ? undefined : WOULD_BREAK.get(task.name)?.(roundedUpIsoTime(notBefore));
  const { name, options, kid } = task;
  return {
    outcome: 'refused',
    sentences: [`Refused: ${message}`],
    refusal: {
      code,
      notBefore,
      command: notBefore === undefined ? undefined : commandText(name, options, kid),
      forceCommand: breaks === undefined ? undefined : commandText(name, options, kid, '--force'),
      wouldBreak: breaks,
    },
  };
}
