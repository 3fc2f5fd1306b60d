import { createHash } from 'node:crypto';
import { Browser } from '@countersign/service-kit/browser';
import { type Edge, startEdge } from './support/edge.js';

const NOWHERE = { heraldUrl: 'http://127.0.0.1:1/', censusUrl: 'http://127.0.0.1:2/' };
/** As Chromium and Firefox ask for a page. */
const PAGE = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let edge: Edge;
let lonely: Edge;

beforeAll(async () => {
  edge = await startEdge(NOWHERE);
  lonely = await startEdge({ ...NOWHERE, startsProvider: false });
});

afterAll(async () => {
  await lonely.close();
  await edge.close();
});

/** What is refused: where, with what, and how. */
const REFUSALS: readonly [string, () => string, number, string][] = [
  ['that was not begun', () => `${edge.url}/callback?state=forged&code=forged`, 400, 'login_refused'],
  ['to another place', () => `${edge.url}/login?return=//forged.example/`, 400, 'input_invalid'],
  ['while the provider is down', () => `${lonely.url}/login?return=/forged`, 503, 'provider_unavailable'],
];

function ask(url: string, accept: string): Promise<Response> {
  return new Browser().go(url, { headers: { Accept: accept } });
}

describe.each(REFUSALS)('A login %s', (_what, url, status, code) => {
  it('is refused with a page where a person asks, which says how to go on', async () => {
    const answer = await ask(url(), PAGE);
    const text = await answer.text();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
    expect(answer.headers.get('vary')).toContain('Accept');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(Number(answer.headers.get('retry-after')) > 0).toBe(status === 503);
    expect(text).toContain('<a href="/login">');
    expect(text).toContain(code);
    expect(text).not.toContain('forged');
  });

  it.each(['*/*', 'application/json', 'text/html;q=0, */*', 'application/problem+json, text/*;q=0.1'])(
    'is refused with a problem document where a program asks for %s',
    async (accept) => {
      const answer = await ask(url(), accept);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        status,
        expect.stringContaining('application/problem+json'),
      ]);
      expect(answer.headers.get('vary')).toContain('Accept');
      expect(await answer.json()).toMatchObject({ status, code });
    },
  );
});

describe('The page of a refused login', () => {
  it('repeats nothing that came with the request, not even what the provider is said to have said', async () => {
    const browser = new Browser();
    const back = await browser.logIn(`${edge.url}/login`, '21', `${edge.url}/callback`);
    back.searchParams.delete('code');
    back.searchParams.set('error', 'forged');
    back.searchParams.set('error_description', '<script>forged()</script>');
    const answer = await browser.go(back, { headers: { Accept: PAGE } });
    expect(answer.status).toBe(400);
    expect(answer.headers.getSetCookie()).toEqual([expect.stringContaining('gateway-login=; Max-Age=0')]);
    expect(await answer.text()).not.toMatch(/forged|script/);
  });

  it('lets nothing in but its own style, and tells no other page where it was', async () => {
    const answer = await ask(`${edge.url}/callback`, PAGE);
    const style = /<style>(.*)<\/style>/s.exec(await answer.text())?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(answer.headers.get('content-security-policy')).toBe(
      `default-src 'none'; script-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-${hash}'; form-action 'none'`,
    );
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });
});
