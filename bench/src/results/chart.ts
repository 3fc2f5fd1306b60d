import { type Platform } from '../guards/guard.js';
import { guardsOf } from '../guards/guards.js';
import { type Results } from './results.js';
import { rateRow } from '../http-rows.js';
import { median } from './statistics.js';

const WIDTH = 840;
const LABEL_WIDTH = 196;
const FIGURE_WIDTH = 64;
const PANEL_GAP = 28;
const BAR_HEIGHT = 16;
const ROW_HEIGHT = 24;
const HEAD_HEIGHT = 62;
const MARGIN = 16;
const PANEL_SPACE = 18;
const PANEL_HEAD_HEIGHT = 30;

const PLATFORMS: readonly (readonly [Platform, string])[] = [
  ['express', 'Nest on Express'],
  ['fastify', 'Nest on Fastify'],
  ['bare-express', 'Express'],
  ['bare-fastify', 'Fastify'],
];
const STATES = [
  ['seen', 'token seen before'],
  ['new', 'new token each time'],
] as const;

/** Both themes in one file: a browser picks by its own setting, also for a picture in a page. */
const STYLE = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 } .panel { font-weight: 600 } .soft { fill: #59636e }
  .ground { fill: #ffffff } .peer { fill: #9aa4b0 } .ours { fill: #0b7a4b } .none { fill: #d3d9e0 }
  .ours-text { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .soft { fill: #9198a1 }
    .ground { fill: #0d1117 } .peer { fill: #6b7683 } .ours { fill: #3fb984 } .none { fill: #3d444d }
  }`;

interface Bar {
  readonly name: string;
  readonly title: string;
  readonly rate: number;
}

/**
 * Draws the requests per second of every guard with RS256 tokens, which is what most identity providers sign with: a row
 * of panels for each platform. Each platform has a scale of its own.
 */
export function barChart({ machine, measurements }: Results): string {
  const panelWidth = (WIDTH - LABEL_WIDTH - PANEL_GAP) / 2;
  const parts: string[] = [];
  let top = HEAD_HEIGHT;
  for (const [platform, title] of PLATFORMS) {
    const panels = STATES.map(([state, stateTitle]) => ({ stateTitle, bars: barsOf(platform, state) }));
    const most = Math.max(0, ...panels.flatMap(({ bars }) => bars.map(({ rate }) => rate)));
    if (most === 0) continue;
    parts.push(text(0, top + 14, title, 'panel'));
    const rows = panels[0]?.bars.length ?? 0;
    panels.forEach(({ stateTitle, bars }, index) => {
      const left = LABEL_WIDTH + index * (panelWidth + PANEL_GAP);
      parts.push(text(left, top + 14, stateTitle, 'soft'));
      bars.forEach((bar, row) => {
        const y = top + PANEL_HEAD_HEIGHT + row * ROW_HEIGHT;
        if (index === 0)
          parts.push(text(0, y + 12, bar.title, bar.name === 'countersign' ? 'ours-text' : undefined));
        parts.push(...drawBar(bar, left, y, ((panelWidth - FIGURE_WIDTH) * bar.rate) / most));
      });
    });
    top += PANEL_HEAD_HEIGHT + rows * ROW_HEIGHT + PANEL_SPACE;
  }
  const subtitle = `median of several rounds; server on one core of ${machine.cpu}; Node ${machine.node}; RS256; longer is better`;
  const [width, height] = [String(WIDTH + 2 * MARGIN), String(top + 2 * MARGIN - PANEL_SPACE)];
  const box = `${String(-MARGIN)} ${String(-MARGIN)} ${width} ${height}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" width="${width}" height="${height}" role="img" aria-labelledby="title">`,
    '<title id="title">Requests per second of an application behind each guard</title>',
    `<style>${STYLE}\n</style>`,
    // A page's theme and the browser's setting may differ: the picture brings its own ground.
    `<rect class="ground" x="${String(-MARGIN)}" y="${String(-MARGIN)}" width="${width}" height="${height}" rx="8"/>`,
    text(0, 18, 'Requests per second behind each guard', 'title'),
    text(0, 38, subtitle, 'soft'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');

  function barsOf(platform: Platform, state: 'seen' | 'new'): readonly Bar[] {
    const guards = guardsOf(platform).filter(({ name }) => name !== 'countersign-recorded');
    return guards.flatMap((guard) => {
      const row = rateRow({ guard: guard.name, platform, algorithm: 'RS256', state });
      const samples = measurements.find((measurement) => measurement.row === row)?.samples;
      return samples === undefined ? [] : [{ name: guard.name, title: guard.title, rate: median(samples) }];
    });
  }
}

const CLASSES: Readonly<Record<string, string>> = { countersign: 'ours', unguarded: 'none' };

function drawBar({ name, rate }: Bar, left: number, y: number, length: number): readonly string[] {
  const shape = `<rect class="${CLASSES[name] ?? 'peer'}" x="${left.toFixed(1)}" y="${String(y)}" width="${length.toFixed(1)}" height="${String(BAR_HEIGHT)}" rx="2"/>`;
  const rateText = rate >= 10_000 ? `${(rate / 1000).toFixed(1)} k` : Math.round(rate).toLocaleString('en');
  return [shape, text(left + length + 6, y + 12, rateText, name === 'countersign' ? 'ours-text' : 'soft')];
}

function text(x: number, y: number, content: string, className?: string): string {
  const attribute = className === undefined ? '' : ` class="${className}"`;
  return `<text${attribute} x="${x.toFixed(1)}" y="${String(y)}">${escapeXml(content)}</text>`;
}

function escapeXml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
