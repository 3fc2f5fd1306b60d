import { readFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { addActivate } from './keys/activate.js';
import { addPrepare } from './keys/prepare.js';
import { addRetire } from './keys/retire.js';
import { addRevoke } from './keys/revoke.js';
import { addRotate } from './keys/rotate.js';
import { addShow } from './keys/show.js';
import { addVerify } from './keys/verify.js';
import { printReport } from './output/print-report.js';
import { exitCodeOf, type Report } from './output/report.js';

/** In the order of a rotation; this is also the order of the help. */
const KEYS_COMMANDS = [addPrepare, addActivate, addRetire, addRevoke, addShow, addVerify, addRotate];

/**
 * Runs one command and prints what it has to say.
 * @param words What follows the command's own name.
 * @returns the exit code: 0 done, 1 refused or a problem found, 2 wrong usage.
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = await createProgram((report, { json = false }) => {
    exitCode = exitCodeOf(report);
    printReport(report, json);
  });
  try {
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // By now the help, the version or what is wrong with the words has been printed.
    return error.exitCode === 0 ? 0 : 2;
  }
}

async function createProgram(
  deliver: (report: Report, options: { readonly json?: boolean }) => void,
): Promise<Command> {
  const program = new Command('countersign')
    .description('Looks after the keys that a service signs its calls with.')
    .version(await ownVersion())
    .showHelpAfterError('Add --help to see what is possible, with an example.')
    // The start of a key id is not this command's own -V.
    .enablePositionalOptions()
    .exitOverride();
  const keys = program
    .command('keys')
    .description('the keys of one service, in a directory: pending, active, retiring, gone');
  for (const add of KEYS_COMMANDS) add(keys, deliver);
  return program;
}

async function ownVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  const isManifest = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isManifest ? String(manifest.version) : 'unknown';
}
