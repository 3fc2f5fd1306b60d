import { resultTables, textTable } from '../src/results/table.js';
import { runWith } from './run.js';

describe('the table', () => {
  it('has aligned columns: the first to the left, the others to the right', () => {
    expect(
      textTable([
        ['guard', 'rate'],
        ['a', '1'],
        ['longer', '1,000'],
      ]),
    ).toBe(['guard    rate', '-------------', 'a           1', 'longer  1,000'].join('\n'));
  });

  it('shows medians, the spread, and the ratios to unguarded and to the usual stack', () => {
    const text = resultTables(
      runWith({
        'http/express/rs256/seen/unguarded': [9_000, 10_000, 11_000],
        'http/express/rs256/seen/countersign': [8_100, 9_000, 9_900],
        'http/express/rs256/seen/usual-stack': [2_700, 3_000, 3_300],
      }),
    );
    expect(lineOf(text, 'Countersign')).toEqual(['Countersign', '9,000', '±10 %', '90 %', '3.00x']);
    expect(lineOf(text, 'unguarded')).toEqual(['unguarded', '10,000', '±10 %', '100 %', '3.33x']);
  });

  it('leaves out what was not measured', () => {
    const text = resultTables(runWith({ 'http/fastify/es256/new/jose': [1000] }));
    expect(text).toContain('Fastify, ES256, new token each time');
    expect(text).not.toContain('Express');
    expect(text).not.toContain('Targets');
  });

  it('compares the variants of a row to the first of them', () => {
    const text = resultTables(runWith({ 'micro/mint/raw': [20], 'micro/mint/countersign': [25] }));
    expect(lineOf(text, 'mint/countersign')).toEqual(['mint/countersign', '25.00', 'requests/s', '1.25x']);
  });

  it('says in which rows a peer is ahead', () => {
    const text = resultTables(
      runWith({ 'http/fastify/es256/new/countersign': [90], 'http/fastify/es256/new/jose': [100] }),
    );
    expect(text).toContain('Ahead of the peers in 0 of 1 rows');
    expect(lineOf(text, 'fastify ES256, token new, to jose')?.slice(2)).toEqual([
      '0.90x',
      'MISSED',
      'by 10 %',
    ]);
  });

  it('judges no target by the quick form', () => {
    const text = resultTables({ ...runWith({ 'micro/recall/countersign': [1.8] }), quick: true });
    expect(text).toContain('Its figures mean little');
    expect(text).not.toContain('Targets');
  });

  it('says which targets were missed, and by how much', () => {
    const text = resultTables(runWith({ 'micro/recall/countersign': [1.8] }));
    expect(text).toContain('Targets: 0 of 1 reached');
    expect(lineOf(text, 'recall ')).toEqual(['recall', 'at most 1.50 µs', '1.80 µs', 'MISSED', 'by 20 %']);
  });
});

/** The cells of the first line that starts so. */
function lineOf(text: string, start: string): readonly string[] | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(start));
  return line?.split(/ {2,}/);
}
