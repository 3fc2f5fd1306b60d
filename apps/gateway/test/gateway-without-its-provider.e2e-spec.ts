import { Browser } from '@countersign/service-kit/browser';
import { type Edge } from './support/edge.js';
import { type Upstream } from './support/upstream.js';
import { useNewEdge } from './support/use-edge.js';

let edge: Edge;
let upstream: Upstream;

useNewEdge(
  (started) => {
    ({ edge, upstream } = started);
  },
  { startsProvider: false },
);

async function refusal(response: Response): Promise<unknown> {
  const { code } = (await response.json()) as { code: string };
  return { status: response.status, code, retryAfter: Number(response.headers.get('retry-after')) > 0 };
}

describe('A gateway whose provider is down', () => {
  it('starts, answers logins and tokens with 503 until the provider is there, and then as usual', async () => {
    expect((await fetch(`${edge.url}/health`)).status).toBe(200);
    const browser = new Browser();
    expect(await refusal(await browser.go(`${edge.url}/login`))).toEqual({
      status: 503,
      code: 'provider_unavailable',
      retryAfter: true,
    });
    expect(browser.cookies.size).toBe(0);
    await edge.startProvider();
    const me = await (await edge.logIn('21')).go(`${edge.url}/api/me`);
    expect(me.status).toBe(200);
  });

  it('says of a token that it cannot be checked now, not that it is bad', async () => {
    await edge.startProvider();
    const token = await edge.token('21');
    await edge.stopProvider();
    expect(await refusal(await edge.call('/api/me', token))).toEqual({
      status: 503,
      code: 'keys_unavailable',
      retryAfter: true,
    });
    expect(upstream.received).toEqual([]);
  });

  it('goes on serving those whose provider went down while they worked', async () => {
    await edge.startProvider();
    const token = await edge.token('21');
    const browser = await edge.logIn('42');
    expect((await edge.call('/api/me', token)).status).toBe(200);
    await edge.stopProvider();
    expect((await edge.call('/api/me', token)).status).toBe(200);
    expect((await browser.go(`${edge.url}/api/me`)).status).toBe(200);
  });

  it('cannot finish a login whose provider went down meanwhile, and can when it is back', async () => {
    await edge.startProvider();
    const browser = new Browser();
    const back = await browser.logIn(`${edge.url}/login`, '21', `${edge.url}/callback`);
    await edge.stopProvider();
    expect(await refusal(await browser.go(back))).toEqual({
      status: 503,
      code: 'provider_unavailable',
      retryAfter: true,
    });
    await edge.startProvider();
    expect((await (await edge.logIn('21')).go(`${edge.url}/api/me`)).status).toBe(200);
  });
});
