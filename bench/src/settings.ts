import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BenchAlgorithm } from './guards/guard.js';
import { type LoadLength } from './load/load.js';

export const HELP = `npm run bench [-- options]

Measures Countersign beside its peers, prints tables, and writes them to bench/results/ with a chart.
The machine should do nothing else meanwhile. Takes about eighteen minutes.

  --quick        everything once and short, in about two minutes: shows that it runs, its figures mean little
  --only <text>  only rows whose name has this text, such as "http/fastify", "es256/new" or "micro/recall"
  --rounds <n>   rounds of the HTTP rows; default 2, each takes about six minutes
  --out <folder> where the results go; default bench/results, and .data/bench for --quick and --only
  --help         this text`;

/** What the command line asks for. */
export interface Settings {
  readonly quick: boolean;
  readonly form: Form;
  readonly only: string;
  readonly rounds: number;
  readonly out: string;
}

/** How the full and the quick form differ. */
export interface Form {
  readonly rounds: number;
  readonly length: LoadLength;
  readonly warmUp: {
    readonly length: LoadLength;
    /** A server is warm after so many requests: until then a good part of its processor's time goes into compiling. */
    readonly requests: number;
    /** Or after so many runs: one that gets little of its core shall not keep us. */
    readonly runs: number;
  };
  /** Tokens for one run, more than any guard can check in its length, so that none comes twice. */
  readonly tokens: Readonly<Record<BenchAlgorithm, number>>;
  /** Rounds of the rows without HTTP. */
  readonly rowRounds: number;
}

export const FORMS: Readonly<Record<'full' | 'quick', Form>> = {
  full: {
    rounds: 2,
    length: { seconds: 1 },
    warmUp: { length: { seconds: 1 }, requests: 30_000, runs: 3 },
    tokens: { RS256: 40_000, ES256: 25_000 },
    rowRounds: 4,
  },
  quick: {
    rounds: 1,
    length: { requests: 800 },
    warmUp: { length: { requests: 300 }, requests: 300, runs: 1 },
    tokens: { RS256: 900, ES256: 900 },
    rowRounds: 2,
  },
};

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
  const form = quick ? FORMS.quick : FORMS.full;
  const rounds = Number(values.rounds ?? form.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new RangeError('--rounds must be a whole number of 1 or more');
  const isWhole = !quick && only === '';
  const usual = isWhole ? fileURLToPath(new URL('../results', import.meta.url)) : '.data/bench';
  return { quick, form, only, rounds, out: resolve(values.out ?? usual) };
}
