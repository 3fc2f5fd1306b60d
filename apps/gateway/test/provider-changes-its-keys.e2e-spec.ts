import { Browser } from '@countersign/service-kit/browser';
import { type Edge } from './support/edge.js';
import { useNewEdge } from './support/use-edge.js';

let edge: Edge;

useNewEdge((started) => {
  ({ edge } = started);
});

async function changeKeys(): Promise<number> {
  const answer = await fetch(`${edge.issuer}/development/rotate-keys`, { method: 'POST' });
  await answer.body?.cancel();
  return answer.status;
}

async function expectLoggedIn(...browsers: readonly Browser[]): Promise<void> {
  for (const browser of browsers) expect((await browser.go(`${edge.url}/api/me`)).status).toBe(200);
}

describe('New keys of the provider', () => {
  it('are not noticed by whoever logged in before, during and after', async () => {
    const before = await edge.logIn('21');
    const during = new Browser();
    const back = await during.logIn(`${edge.url}/login`, '21', `${edge.url}/callback`);
    expect(await changeKeys()).toBe(200);
    await during.go(back);
    await expectLoggedIn(before, during, await edge.logIn('21'));
  });

  it('log nobody out, and keep nobody out, when somebody asks for them 120 times', async () => {
    const before = await edge.logIn('21');
    const answers = new Set<number>();
    for (let call = 0; call < 120; call++) answers.add(await changeKeys());
    expect([...answers]).toEqual([200, 429]);
    await expectLoggedIn(await edge.logIn('42'), before);
  });
});
