import colors from 'picocolors';
import { type Bound, type Row } from './judge.js';

const { bold, dim, green, red } = colors;

/** One line for a scene: whether it passed, how long it took, and the figures that could have failed. */
export function summaryOf(scene: string, rows: readonly Row[], seconds: number): string {
  const verdict = rows.every(({ ok }) => ok) ? green('ok') : red('failed');
  const figures = rows
    .filter(({ wanted }) => wanted !== undefined)
    .map(({ figure, measured }) => `${figure}: ${String(measured)}`);
  return `${bold(scene)} ${verdict} ${dim(`after ${seconds.toFixed(1)} s`)}  ${figures.join('; ')}`;
}

/** The table, a line for each figure. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [
    ['scene', 'figure', 'wanted', 'measured', ''],
    ...rows.map(({ scene, figure, wanted, measured, ok }, index) => [
      rows[index - 1]?.scene === scene ? '' : scene,
      figure,
      wanted === undefined ? '' : boundOf(wanted),
      String(measured),
      verdictOf(wanted, ok),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .join('\n');
}

function boundOf(wanted: Bound): string {
  if ('exactly' in wanted) return String(wanted.exactly);
  return 'atMost' in wanted ? `at most ${String(wanted.atMost)}` : `at least ${String(wanted.atLeast)}`;
}

function verdictOf(wanted: Bound | undefined, ok: boolean): string {
  if (wanted === undefined) return '';
  return ok ? green('ok') : red('FAILED');
}
