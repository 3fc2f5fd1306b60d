import { barChart } from '../src/results/chart.js';
import { runWith } from './run.js';

const run = runWith({
  'http/express/rs256/seen/unguarded': [10_000],
  'http/express/rs256/seen/countersign': [5000],
  'http/express/rs256/new/unguarded': [10_000],
  'http/express/rs256/new/countersign': [2500],
});

describe('the chart', () => {
  it('draws bars as long as what they stand for', () => {
    const lengths = [...barChart(run).matchAll(/<rect class="ours".* width="(?<width>[\d.]+)"/g)].map(
      (match) => Number(match.groups?.['width']),
    );
    const [full = 0] = [...barChart(run).matchAll(/<rect class="none".* width="(?<width>[\d.]+)"/g)].map(
      (match) => Number(match.groups?.['width']),
    );
    expect(lengths).toEqual([full / 2, full / 4]);
  });

  it('says on what it was measured, and lets no name break the markup', () => {
    const chart = barChart(run);
    expect(chart).toContain('Some &lt;fast&gt; CPU &amp; more; Node 20.20.2');
    expect(chart).not.toContain('<fast>');
  });

  it('is readable on a light and on a dark page', () => {
    expect(barChart(run)).toContain('prefers-color-scheme: dark');
  });

  it('leaves out a platform that was not measured', () => {
    expect(barChart(run)).toContain('Nest on Express');
    expect(barChart(run)).not.toContain('Nest on Fastify');
  });
});
