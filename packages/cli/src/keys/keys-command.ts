import { systemClock } from '@countersign/core';
import { openKeyDirectory, type KeyDirectory } from '@countersign/core/rotation';
import { type Command, Option } from 'commander';
import { type Report } from '../output/report.js';
import { commandText, COUNTERSIGN } from './command-text.js';
import { refuseForeignKeys } from './foreign-keys.js';
import { refusalOf } from './refusal.js';
import { type Findings, type KeysOptions, type Task } from './task.js';

/** Hands over what a command has to say. */
export type Deliver = (report: Report, options: KeysOptions) => void;

/** Adds a command below `keys`, with the options that all of them take and an example. */
export function defineCommand(keys: Command, name: string, summary: string, example: string): Command {
  return keys
    .command(name)
    .description(summary)
    .addOption(new Option('--dir <path>', 'the directory of the keys').env('KEYS_DIR').makeOptionMandatory())
    .option('--json', 'print one JSON document')
    .option('--allow-others-to-read-keys', 'take key files that other users of the machine may read')
    .addHelpText('after', `\nExample:\n  $ ${COUNTERSIGN} keys ${example}`);
}

/** Carries a command out on its directory; what it was refused, or what failed, becomes a report as well. */
export async function carryOut(task: Task, command: Command): Promise<Report> {
  const directory = open(task, command);
  const findings = await findingsOf(task, directory);
  const state = findings.state ?? (await directory.read().catch(() => undefined));
  return {
    command: `keys ${task.name}`,
    directory: task.options.dir,
    changed: [],
    problems: [],
    refusal: undefined,
    isQuiet: false,
    details: () => [],
    ...findings,
    at: systemClock.now(),
    state,
    next: state && {
      ...state.next,
      command: commandText(state.next.action, task.options, state.next.keyId),
    },
  };
}

async function findingsOf(task: Task, directory: KeyDirectory): Promise<Findings> {
  const refusal = task.isReadOnly
    ? undefined
    : await refuseForeignKeys(task.options.dir, process.geteuid?.());
  return refusal ?? task.run(directory).catch((error: unknown) => refusalOf(error, task));
}

function open({ options, overlap = {} }: Task, command: Command): KeyDirectory {
  try {
    const { dir, allowOthersToReadKeys = false } = options;
    return openKeyDirectory({ directory: dir, overlap, allowOthersToReadKeys });
  } catch (error) {
    // Nothing was read yet: it can only be what was typed.
    return command.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
}
