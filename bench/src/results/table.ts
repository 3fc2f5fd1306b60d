import { type Platform } from '../guards/guard.js';
import { guardsOf } from '../guards/guards.js';
import { type Measurement, type Results } from './results.js';
import { ALGORITHMS, cpuRow, PLATFORMS, rateRow, TOKEN_STATES, type HttpRow } from '../http-rows.js';
import { median, ratio, spread } from './statistics.js';
import { judgePeers, judgePeersByCpu, judgeTargets, type Outcome } from './targets.js';

const TITLES = {
  express: 'Nest on Express',
  fastify: 'Nest on Fastify',
  'bare-express': 'Express',
  'bare-fastify': 'Fastify',
  seen: 'token seen before',
  new: 'new token each time',
} as const;

/** What is usual on each platform: the guard that the last but one column compares to. */
const USUAL: Readonly<Record<Platform, string>> = {
  express: 'usual-stack',
  fastify: 'usual-stack',
  'bare-express': 'passport-jwt',
  'bare-fastify': 'fastify-jwt',
};

/** Everything that a run measured, as text for a terminal. */
export function resultTables({ machine, measurements, rounds, quick }: Results): string {
  const tables = [
    ...PLATFORMS.flatMap((platform) =>
      TOKEN_STATES.flatMap((state) =>
        ALGORITHMS.map((algorithm) => httpTable({ platform, algorithm, state }, measurements)),
      ),
    ),
    otherTable('micro', 'Core alone', measurements),
    otherTable('scale', 'Scale', measurements),
    ...(quick
      ? []
      : [
          targetTable(judgeTargets(measurements)),
          peerTable('Ahead of the peers', judgePeers(measurements)),
          peerTable('By processor time, ahead of the peers', judgePeersByCpu(measurements)),
        ]),
  ];
  const head = [
    `Node ${machine.node}, OpenSSL ${machine.openssl}, ${String(machine.cores)} cores of ${machine.cpu}, ${machine.system}`,
    [
      `load: ${machine.load}`,
      machine.pinned ? 'server on core 0, load on core 1' : 'nothing is pinned: there is no taskset',
      machine.awake
        ? 'cores are kept awake'
        : 'cores may go to sleep: to keep them awake takes Linux and root',
      `${String(rounds)} interleaved rounds`,
    ].join('; '),
    ...(quick ? ['This is the quick form: it shows that everything runs. Its figures mean little.'] : []),
  ];
  return [head.join('\n'), ...tables.filter((table) => table !== '')].join('\n\n');
}

function httpTable(cell: Omit<HttpRow, 'guard'>, measurements: readonly Measurement[]): string {
  const { platform, algorithm, state } = cell;
  const find = (row: string) => measurements.find((measurement) => measurement.row === row)?.samples;
  const unguarded = find(rateRow({ ...cell, guard: 'unguarded' }));
  const usual = find(rateRow({ ...cell, guard: USUAL[platform] }));
  const rows = guardsOf(platform).flatMap(({ name, title }) => {
    const samples = find(rateRow({ ...cell, guard: name }));
    if (samples === undefined) return [];
    const cpu = find(cpuRow({ ...cell, guard: name }));
    const part = unguarded === undefined ? '' : `${(ratio(samples, unguarded) * 100).toFixed(0)} %`;
    const factor = usual === undefined ? '' : `${ratio(samples, usual).toFixed(2)}x`;
    const cpuCell = cpu === undefined ? '' : figure(median(cpu));
    return [[title, whole(median(samples)), plusMinus(samples), part, factor, cpuCell]];
  });
  if (rows.length === 0) return '';
  const head = [
    `${TITLES[platform]}, ${algorithm}, ${TITLES[state]}`,
    'requests/s',
    '',
    'of unguarded',
    'to the usual stack',
    'µs CPU',
  ];
  return textTable([head, ...rows]);
}

function otherTable(group: 'micro' | 'scale', title: string, measurements: readonly Measurement[]): string {
  const own = measurements.filter(({ row }) => row.startsWith(`${group}/`));
  if (own.length === 0) return '';
  const rows = own.map(({ row, unit, samples }) => {
    const base = baseOf(row, measurements);
    const factor = base === undefined ? '' : `${ratio(samples, base).toFixed(2)}x`;
    return [row.slice(group.length + 1), figure(median(samples)), unit, plusMinus(samples), factor];
  });
  return textTable([[title, '', '', '', 'to the first'], ...rows]);
}

/** The first variant of the same row, where both are measured in the same unit and the first is no warm-up. */
function baseOf(row: string, measurements: readonly Measurement[]): readonly number[] | undefined {
  const stem = row.slice(0, row.lastIndexOf('/') + 1);
  const unit = measurements.find((measurement) => measurement.row === row)?.unit;
  const first = measurements.find((measurement) => measurement.row.startsWith(stem));
  const isComparable =
    first !== undefined && first.row !== row && first.unit === unit && !/-tokens\//.test(row);
  return isComparable ? first.samples : undefined;
}

function targetTable(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return '';
  const title = `Targets: ${reachedOf(outcomes)} reached`;
  return textTable([[title, 'wanted', 'measured', 'possible', '', ''], ...outcomes.map(outcomeCells)]);
}

/** Only the rows where a peer is ahead: the others are in the tables above. */
function peerTable(title: string, outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return '';
  const missed = outcomes.filter(({ isReached }) => !isReached);
  const head = `${title} in ${reachedOf(outcomes)} rows`;
  return textTable([[head, 'wanted', 'measured', '', '', ''], ...missed.map(outcomeCells)]);
}

function reachedOf(outcomes: readonly Outcome[]): string {
  return `${String(outcomes.filter(({ isReached }) => isReached).length)} of ${String(outcomes.length)}`;
}

function outcomeCells({ target, wanted, measured, possible, isReached, margin }: Outcome): readonly string[] {
  const by = `${margin < 0 ? 'by' : '+'} ${(Math.abs(margin) * 100).toFixed(0)} %`;
  return [target, wanted, measured, possible, isReached ? 'reached' : 'MISSED', by];
}

/** Columns side by side: the first to the left, the others to the right; the first row is underlined. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const [head = '', ...body] = lines;
  return [head, '-'.repeat(Math.max(...lines.map((line) => line.length))), ...body].join('\n');
}

function plusMinus(samples: readonly number[]): string {
  return samples.length < 2 ? '' : `±${(Math.abs(spread(samples)) * 100).toFixed(0)} %`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function figure(value: number): string {
  return Math.abs(value) >= 100 ? whole(value) : value.toFixed(2);
}
