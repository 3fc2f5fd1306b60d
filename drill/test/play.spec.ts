import { exitCodeOf } from '../src/judge.js';
import { play } from '../src/play.js';
import { type Scene } from '../src/scene.js';

describe('a scene of the drill', () => {
  const calm: Scene = {
    name: 'calm',
    story: 'Nothing happens.',
    play: async () => [{ figure: 'failed requests', measured: 0, wanted: { exactly: 0 } }],
  };

  it('is judged by its figures', async () => {
    expect(exitCodeOf(await play(calm, 'quick'))).toBe(0);
  });

  it('fails when it breaks before it has measured anything', async () => {
    const problems: unknown[] = [];
    const broken: Scene = { ...calm, play: () => Promise.reject(new Error('a process ended')) };
    const rows = await play(broken, 'quick', (error) => problems.push(error));
    expect(exitCodeOf(rows)).toBe(1);
    expect(problems).toEqual([new Error('a process ended')]);
  });
});
