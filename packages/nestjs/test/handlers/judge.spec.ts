import { REASON } from './program/application/reached.js';
import { judge } from './program/judge.js';
import { type Report } from './program/report.js';

const REFUSAL = {
  status: 'error',
  message: 'This transport is not supported.',
  code: 'transport_unsupported',
};

/** Nothing is wrong about this one. */
const SOUND: Report = {
  knocks: [
    { variant: 'public', kind: 'message', answer: 'reached' },
    { variant: 'none', kind: 'message', answer: { error: REFUSAL } },
    { variant: 'throws', kind: 'message', answer: { error: { status: 'error', message: 'Internal' } } },
  ],
  reached: { 'public.message': 1, 'throws.message': 1, 'none.cron': 1 },
};

function answered(variant: 'public' | 'none' | 'throws', answer: unknown): Report {
  const knocks = SOUND.knocks.map((knock) => (knock.variant === variant ? { ...knock, answer } : knock));
  return { ...SOUND, knocks };
}

describe('the judge of what strangers did', () => {
  it('finds nothing where only public handlers were reached', () => {
    expect(judge(SOUND, 12)).toEqual([]);
  });

  it.each<[string, Report, string]>([
    [
      'a handler that was reached',
      { ...SOUND, reached: { ...SOUND.reached, 'none.message': 1 } },
      'was reached',
    ],
    [
      'a public handler that nobody reached',
      { ...SOUND, reached: { 'throws.message': 1 } },
      'was not reached',
    ],
    ['a public handler that was refused', answered('public', { error: REFUSAL }), 'was not reached'],
    ['a refusal by a value', answered('none', { id: null }), 'was not answered by an error'],
    ['a refusal for another reason', answered('none', { error: { status: 'error' } }), 'with another code'],
    ['a client that was left waiting', answered('none', 'no answer'), 'left its client waiting'],
    ['a fault that became a value', answered('throws', { id: null }), 'was not answered by an error'],
    [
      'a reason that was shown',
      answered('throws', { error: { status: 'error', message: REASON } }),
      'reason',
    ],
  ])('finds %s', (_what, report, problem) => {
    expect(judge(report, 12)).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    ['query', { status: 200, body: { data: { none: { id: null } } } }],
    ['query', { status: 200, body: { data: { none: { id: '1' } }, errors: [REFUSAL] } }],
    ['subscription', [{ type: 'complete' }]],
    ['frame', [{ event: 'none', data: 'sent' }]],
    ['frame', []],
    ['Unary', { texts: [] }],
  ])('takes no answer of a %s for an error unless the transport does: %j', (kind, answer) => {
    const report = { knocks: [{ variant: 'none', kind, answer } as const], reached: {} };
    expect(judge(report, 12)).toEqual([expect.stringContaining('was not answered by an error')]);
  });
});
