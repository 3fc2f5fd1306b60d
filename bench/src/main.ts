import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keepCoresAwake } from './awake.js';
import { barChart } from './results/chart.js';
import { guardsOf } from './guards/guards.js';
import { ALGORITHMS, PLATFORMS, rateRow, TOKEN_STATES } from './http-rows.js';
import { autocannonLoad } from './load/autocannon.js';
import { type Load } from './load/load.js';
import { wrkLoad } from './load/wrk.js';
import { describeMachine, installedVersions } from './machine.js';
import { startNode } from './processes.js';
import { Samples, type Measurement, type Results } from './results/results.js';
import { resultsFile } from './results/results-file.js';
import { measureRounds, type Contender } from './rounds.js';
import { type RowTask } from './row-process.js';
import { ROWS } from './rows.js';
import { HELP, readSettings, type Settings } from './settings.js';
import { openStage, writeTokens, type Stage } from './stage.js';
import { resultTables } from './results/table.js';

const say = (line: string): void => console.log(line);

async function main(): Promise<number> {
  const settings = readSettings(process.argv.slice(2));
  if (settings === undefined) {
    say(HELP);
    return 0;
  }
  const started = new Date();
  const awake = keepCoresAwake();
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
      machine: describeMachine({ load: load.name, awake }),
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

async function measureHttp(settings: Settings, stage: Stage, load: Load): Promise<readonly Measurement[]> {
  const { form, only, rounds } = settings;
  const contenders = ALGORITHMS.flatMap((algorithm) =>
    PLATFORMS.flatMap((platform) => guardsOf(platform).map((guard) => ({ guard, platform, algorithm }))),
  ).filter((contender) => isWanted(contender, only));
  const samples = new Samples();
  for (const algorithm of ALGORITHMS) {
    const own = contenders.filter((contender) => contender.algorithm === algorithm);
    if (own.length === 0) continue;
    say(`signing ${algorithm} tokens ...`);
    await writeTokens(stage, algorithm, form);
    await measureRounds({ contenders: own, rounds, form, stage, load, samples, progress: say });
  }
  return samples.measurements().filter(({ row }) => row.replace('http-cpu', 'http').includes(only));
}

function isWanted(contender: Contender, only: string): boolean {
  const { guard, platform, algorithm } = contender;
  if (guard.algorithms?.includes(algorithm) === false) return false;
  return TOKEN_STATES.some((state) =>
    rateRow({ guard: guard.name, platform, algorithm, state }).includes(only),
  );
}

async function measureRows({ quick, form, only }: Settings): Promise<readonly Measurement[]> {
  const measured: Measurement[] = [];
  for (const { name } of ROWS.filter((row) => row.name.includes(only))) {
    const startedAt = performance.now();
    const task: RowTask = { row: name, settings: { quick, rounds: form.rowRounds } };
    // V8 forgets code that was not run for some collections, and each sample begins with one.
    const row = await startNode('row-process.js', task, { flags: ['--expose-gc', '--no-flush-bytecode'] });
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
