import { judgePeers, judgePeersByCpu, judgeTargets } from '../src/results/targets.js';
import { runWith } from './run.js';

function judged(rows: Readonly<Record<string, readonly number[]>>) {
  return judgeTargets(runWith(rows).measurements);
}

describe('the targets', () => {
  it('are judged only where their rows were measured', () => {
    expect(judged({})).toEqual([]);
    expect(judged({ 'http/express/rs256/seen/countersign': [100] })).toEqual([]);
  });

  it.each([
    ['reached', 330, true, 0],
    ['missed, and says by how much', 297, false, -0.1],
  ])('are %s', (_, rate, isReached, margin) => {
    const [outcome] = judged({
      'http/express/rs256/seen/countersign': [rate],
      'http/express/rs256/seen/usual-stack': [100],
    });
    expect(outcome).toMatchObject({
      isReached,
      wanted: 'at least 3.30x',
      measured: `${(rate / 100).toFixed(2)}x`,
    });
    expect(outcome?.margin).toBeCloseTo(margin);
  });

  it('say for new tokens what the bare signature would reach', () => {
    const [outcome] = judged({
      'http/fastify/es256/new/countersign': [200],
      'http/fastify/es256/new/usual-stack': [100],
      'http-cpu/fastify/es256/new/usual-stack': [180],
      'http-cpu/fastify/es256/new/unguarded': [12],
      'micro/verify-new-es256/raw': [48],
    });
    expect(outcome).toMatchObject({ wanted: 'at least 3.30x', measured: '2.00x', possible: '3.00x' });
  });

  it('hold the other way round for what must be small', () => {
    const [outcome] = judged({ 'micro/recall/countersign': [3] });
    expect(outcome).toMatchObject({ isReached: false, wanted: 'at most 1.50 µs', measured: '3.00 µs' });
    expect(outcome?.margin).toBeCloseTo(-1);
  });

  it('count the slowest kind of garbage', () => {
    const [outcome] = judged({
      'micro/refuse-garbage-unsigned/countersign': [2],
      'micro/refuse-garbage-random-text/countersign': [6],
    });
    expect(outcome).toMatchObject({ isReached: false, measured: '6.00 µs' });
  });

  it('ask for being ahead of every peer that was measured in the same row', () => {
    const { measurements } = runWith({
      'http/fastify/es256/new/countersign': [90],
      'http/fastify/es256/new/jose': [100],
      'http/fastify/es256/new/fast-jwt': [80],
      'http/fastify/es256/seen/aws-jwt-verify': [80],
    });
    expect(judgePeers(measurements).map(({ target, isReached }) => [target, isReached])).toEqual([
      ['fastify ES256, token new, to jose', false],
      ['fastify ES256, token new, to fast-jwt', true],
    ]);
  });

  it('hold for peers by processor time too, where less is better', () => {
    const { measurements } = runWith({
      'http/bare-express/rs256/seen/countersign': [90],
      'http/bare-express/rs256/seen/express-jwt': [100],
      'http-cpu/bare-express/rs256/seen/countersign': [100],
      'http-cpu/bare-express/rs256/seen/express-jwt': [300],
    });
    const [byRate] = judgePeers(measurements);
    const [byCpu] = judgePeersByCpu(measurements);
    expect(byRate).toMatchObject({ isReached: false, measured: '0.90x' });
    expect(byCpu).toMatchObject({ isReached: true, measured: '3.00x' });
  });
});
