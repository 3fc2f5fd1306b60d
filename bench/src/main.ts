import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { barChart } from './chart.js';
import { GUARDS } from './guards/guards.js';
import { ALGORITHMS, PLATFORMS, rateRow, TOKEN_STATES } from './http-rows.js';
import { autocannonLoad } from './load/autocannon.js';
import { type Load } from './load/load.js';
import { wrkLoad } from './load/wrk.js';
import { describeMachine, installedVersions } from './machine.js';
import { startNode } from './processes.js';
import { Samples, type Measurement, type Results } from './results.js';
import { resultsFile } from './results-file.js';
import { measureRounds, type Contender } from './rounds.js';
import { type RowTask } from './row-process.js';
import { ROWS } from './rows.js';
import { openStage, writeTokens, type Stage } from './stage.js';
import { resultTables } from './table.js';

const HELP = `npm run bench [-- options]

Measures Countersign beside its peers, prints tables, and writes them to bench/results/ with a chart.
The machine should do nothing else meanwhile. Takes about ten minutes.

  --quick        everything once and short, in under two minutes: shows that it runs, its figures mean little
  --only <text>  only rows whose name has this text, such as "http/fastify", "es256/new" or "micro/recall"
  --rounds <n>   rounds of the HTTP rows; default 3, each takes about two minutes
  --out <folder> where the results go; default bench/results, and .data/bench for --quick and --only
  --help         this text`;

interface Settings {
  readonly quick: boolean;
  readonly only: string;
  readonly rounds: number;
  readonly out: string;
}

/** How the full and the quick form differ. */
const FORMS = {
  full: {
    length: { seconds: 1 },
    warmLength: { seconds: 1 },
    // More than any guard can check in that time, so that no token comes twice.
    newTokens: { RS256: 60_000, ES256: 40_000 },
    warmTokens: 4000,
    rowRounds: 7,
  },
  quick: {
    length: { requests: 800 },
    warmLength: { requests: 300 },
    newTokens: { RS256: 900, ES256: 900 },
    warmTokens: 300,
    rowRounds: 2,
  },
} as const;

const say = (line: string): void => console.log(line);

async function main(): Promise<number> {
  const settings = readSettings();
  if (settings === undefined) return 0;
  const started = new Date();
  const stage = await openStage();
  // The quick form is for CI and must be the same everywhere.
  const load = (settings.quick ? undefined : await wrkLoad(stage.folder)) ?? (await autocannonLoad());
  try {
    const measurements = [...(await measureHttp(settings, stage, load)), ...(await measureRows(settings))];
    if (measurements.length === 0) throw new RangeError(`no row has "${settings.only}" in its name`);
    const results: Results = {
      startedAt: started.toISOString(),
      durationSeconds: Math.round((Date.now() - started.getTime()) / 1000),
      quick: settings.quick,
      rounds: settings.rounds,
      machine: describeMachine(load.name),
      versions: installedVersions(),
      measurements,
    };
    say(`\n${resultTables(results)}\n`);
    await keep(results, settings.out);
    return 0;
  } finally {
    await load.close();
    stage.close();
  }
}

function readSettings(): Settings | undefined {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    say(HELP);
    return undefined;
  }
  const { quick, only } = values;
  const rounds = Number(values.rounds ?? (quick ? 1 : 3));
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new RangeError('--rounds must be a whole number of 1 or more');
  const isWhole = !quick && only === '';
  const usual = isWhole ? fileURLToPath(new URL('../results', import.meta.url)) : '.data/bench';
  return { quick, only, rounds, out: resolve(values.out ?? usual) };
}

async function measureHttp(settings: Settings, stage: Stage, load: Load): Promise<readonly Measurement[]> {
  const { quick, only, rounds } = settings;
  const form = quick ? FORMS.quick : FORMS.full;
  const contenders = ALGORITHMS.flatMap((algorithm) =>
    PLATFORMS.flatMap((platform) =>
      GUARDS.filter((guard) => guard.platforms.includes(platform)).map((guard) => ({
        guard,
        platform,
        algorithm,
      })),
    ),
  ).filter((contender) => isWanted(contender, only));
  const samples = new Samples();
  for (const algorithm of ALGORITHMS) {
    const own = contenders.filter((contender) => contender.algorithm === algorithm);
    if (own.length === 0) continue;
    const newTokens = form.newTokens[algorithm];
    say(`signing ${String(newTokens)} ${algorithm} tokens ...`);
    await writeTokens(stage, algorithm, { new: newTokens, warm: form.warmTokens });
    const { length, warmLength } = form;
    await measureRounds({
      contenders: own,
      rounds,
      stage,
      load,
      length,
      warmLength,
      newTokens,
      samples,
      progress: say,
    });
  }
  return samples.measurements().filter(({ row }) => row.replace('http-cpu', 'http').includes(only));
}

function isWanted(contender: Contender, only: string): boolean {
  const { guard, platform, algorithm } = contender;
  return TOKEN_STATES.some((state) =>
    rateRow({ guard: guard.name, platform, algorithm, state }).includes(only),
  );
}

async function measureRows({ quick, only }: Settings): Promise<readonly Measurement[]> {
  const measured: Measurement[] = [];
  const form = quick ? FORMS.quick : FORMS.full;
  for (const { name } of ROWS.filter((row) => row.name.includes(only))) {
    const startedAt = performance.now();
    const task: RowTask = { row: name, settings: { quick, rounds: form.rowRounds } };
    const row = await startNode('row-process.js', task, { flags: ['--expose-gc'] });
    await row.stop();
    measured.push(...(row.message as readonly Measurement[]));
    say(`${name.padEnd(32)} ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  }
  return measured;
}

/** The picture is kept by Node's major version: the README shows one, and a run on another does not change it. */
async function keep(results: Results, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { node } = results.machine;
  const file = join(folder, `node-${node}-${results.startedAt.slice(0, 10)}.json`);
  await writeFile(file, resultsFile(results));
  say(`written: ${file}`);
  if (!results.measurements.some(({ row }) => row.startsWith('http/'))) return;
  const chart = join(folder, `node-${node.split('.')[0] ?? ''}.svg`);
  await writeFile(chart, barChart(results));
  say(`written: ${chart}`);
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.exitCode = await main();
