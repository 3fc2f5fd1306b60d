import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const HELP = `npm run bench [-- options]

Measures Countersign beside its peers, prints tables, and writes them to bench/results/ with a chart.
The machine should do nothing else meanwhile. Takes ten to fifteen minutes.

  --quick        everything once and short, in under two minutes: shows that it runs, its figures mean little
  --only <text>  only rows whose name has this text, such as "http/fastify", "es256/new" or "micro/recall"
  --rounds <n>   rounds of the HTTP rows; default 3, each takes about two minutes
  --out <folder> where the results go; default bench/results, and .data/bench for --quick and --only
  --help         this text`;

/** What the command line asks for. */
export interface Settings {
  readonly quick: boolean;
  readonly only: string;
  readonly rounds: number;
  readonly out: string;
}

/** How the full and the quick form differ. */
export const FORMS = {
  full: {
    length: { seconds: 1 },
    warmLength: { seconds: 1 },
    // Until then a good part of the processor's time goes into compiling.
    warmRequests: 15_000,
    // More than any guard can check in that time, so that no token comes twice.
    newTokens: { RS256: 60_000, ES256: 40_000 },
    warmTokens: 10_000,
    rowRounds: 5,
  },
  quick: {
    length: { requests: 800 },
    warmLength: { requests: 300 },
    warmRequests: 300,
    newTokens: { RS256: 900, ES256: 900 },
    warmTokens: 300,
    rowRounds: 2,
  },
} as const;

/**
 * Reads the command line.
 * @returns undefined when only the help is wanted.
 * @throws TypeError for an option that does not exist; RangeError for rounds that are no number.
 */
export function readSettings(args: readonly string[]): Settings | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { quick, only } = values;
  const rounds = Number(values.rounds ?? (quick ? 1 : 3));
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new RangeError('--rounds must be a whole number of 1 or more');
  const isWhole = !quick && only === '';
  const usual = isWhole ? fileURLToPath(new URL('../results', import.meta.url)) : '.data/bench';
  return { quick, only, rounds, out: resolve(values.out ?? usual) };
}
