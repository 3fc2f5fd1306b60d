import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { exitCodeOf, type Row } from './judge.js';
import { play } from './play.js';
import { summaryOf, tableOf } from './print.js';
import { writeResults } from './results-file.js';
import { type Scene } from './scene.js';
import { garbage } from './scenes/garbage.js';
import { hanging } from './scenes/hanging.js';
import { kills } from './scenes/kills.js';
import { outage } from './scenes/outage.js';
import { revocation } from './scenes/revocation.js';
import { rotations } from './scenes/rotations.js';

const SCENES: readonly Scene[] = [rotations, outage, garbage, revocation, hanging, kills];

const HELP = `npm run drill [-- --quick] [-- --only <scene>]

What goes wrong with keys, with real processes: each scene is measured, and ends in a table.
Exits with 0 if every figure is as wanted, else with 1. The results are written to bench/results.

  --quick         a short form of each scene
  --only <scene>  one of: ${SCENES.map(({ name }) => name).join(', ')}; nothing is written
  --help          this text`;

const RESULTS = fileURLToPath(new URL('../../bench/results', import.meta.url));

async function main(): Promise<number> {
  const options = {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  } as const;
  const { quick = false, only, help = false } = parseArgs({ options }).values;
  const scenes = SCENES.filter(({ name }) => only === undefined || name === only);
  if (help || scenes.length === 0) {
    console.log(HELP);
    return help ? 0 : 1;
  }
  const form = quick ? 'quick' : 'full';
  const rows: Row[] = [];
  const startedAt = performance.now();
  for (const scene of scenes) {
    console.log(scene.story);
    const sceneStartedAt = performance.now();
    const figures = await play(scene, form);
    rows.push(...figures);
    console.log(`  ${summaryOf(scene.name, figures, (performance.now() - sceneStartedAt) / 1000)}`);
  }
  console.log(`\n${tableOf(rows)}\n`);
  if (only === undefined) {
    const name = await writeResults(RESULTS, { form, rows, seconds: (performance.now() - startedAt) / 1000 });
    console.log(`written to bench/results/${name}`);
  }
  return exitCodeOf(rows);
}

process.exitCode = await main();
