import { exitCodeOf, judge, type Bound, type Figure } from '../src/judge.js';

describe('the judge of the drill', () => {
  const good: Figure = { figure: 'failed requests', measured: 0, wanted: { exactly: 0 } };

  it.each<[string, Bound, number, boolean]>([
    ['exactly what is wanted', { exactly: 0 }, 0, true],
    ['one more than exactly what is wanted', { exactly: 0 }, 1, false],
    ['as much as is allowed', { atMost: 2 }, 2, true],
    ['more than is allowed', { atMost: 2 }, 2.01, false],
    ['as much as is needed', { atLeast: 20_000 }, 20_000, true],
    ['less than is needed', { atLeast: 20_000 }, 19_999, false],
    ['nothing that could be measured', { atMost: 2 }, NaN, false],
    ['a bound that is not known', { atMost: NaN }, 0, false],
    ['what has no end', { atLeast: 1 }, Infinity, false],
  ])('says of %s whether it holds', (_what, wanted, measured, ok) => {
    expect(judge('a scene', [{ figure: 'a figure', measured, wanted }])).toEqual([
      { scene: 'a scene', figure: 'a figure', measured, wanted, ok },
    ]);
  });

  it('does not judge a figure that only explains others', () => {
    expect(judge('a scene', [{ figure: 'requests', measured: 3 }])).toMatchObject([{ ok: true }]);
  });

  it('lets the drill exit with 0 when every figure holds', () => {
    expect(exitCodeOf(judge('a scene', [good, good]))).toBe(0);
  });

  it('lets the drill exit with 1 when one figure does not hold', () => {
    expect(exitCodeOf(judge('a scene', [good, { ...good, measured: 1 }, good]))).toBe(1);
  });

  it('lets the drill exit with 1 when nothing was judged', () => {
    expect(exitCodeOf([])).toBe(1);
    expect(exitCodeOf(judge('a scene', [{ figure: 'requests', measured: 3 }]))).toBe(1);
  });
});
