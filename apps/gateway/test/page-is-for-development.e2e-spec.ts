import { request } from 'node:http';
import { readConfig } from '../src/config.js';
import { type Edge } from './support/edge.js';
import { type Upstream } from './support/upstream.js';
import { useEdge } from './support/use-edge.js';

let edge: Edge;
let upstream: Upstream;

useEdge((started) => {
  ({ edge, upstream } = started);
});

const PATHS = ['/', '/page/page.js', '/development/decisions', '/development/page'];

/** With a `Host` that `fetch` would not send. */
function statusByName(path: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${edge.url}${path}`, { headers: { host } }, (answer) => {
      resolve(answer.statusCode);
      answer.destroy();
    })
      .on('error', reject)
      .end();
  });
}

describe('The page', () => {
  it('has a policy that lets nothing in from elsewhere, and nothing inside the page', async () => {
    const answer = await fetch(edge.url);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(await answer.text()).not.toMatch(/<script>|<style|\sstyle=|\son\w+=/);
  });

  it.each(['page/..%2fpackage.json', 'page/sequence', 'page/.', 'page/constructor'])(
    'is made of its own files only, not of /%s',
    async (path) => {
      expect((await fetch(`${edge.url}/page/page.css`)).status).toBe(200);
      expect((await fetch(`${edge.url}/${path}`)).status).toBe(404);
    },
  );

  it.each(PATHS)('is there under the names of this machine only: %s', async (path) => {
    expect(await statusByName(path, new URL(edge.url).host)).toBe(200);
    expect(await statusByName(path, 'page.attacker.example')).toBe(404);
  });

  it('is off unless it is asked for, and cannot be asked for in production', () => {
    expect(readConfig({ DEVELOPMENT_PAGE: 'on' }).hasDevelopmentPage).toBe(true);
    expect(readConfig({ NODE_ENV: 'production' }).hasDevelopmentPage).toBe(false);
    const production = { DEVELOPMENT_PAGE: 'on', NODE_ENV: 'production' };
    expect(() => readConfig(production)).toThrow('DEVELOPMENT_PAGE: is for development only');
  });
});

describe('An attempt', () => {
  const path = '/development/attempts/wrong-user';

  it('is for whoever is logged in, from the page itself', async () => {
    expect((await fetch(`${edge.url}${path}`, { method: 'POST' })).status).toBe(401);
    const browser = await edge.logIn('21');
    const headers = { Origin: edge.url, 'X-Gateway-Page': '1' };
    const send = (more: Readonly<Record<string, string>>) =>
      browser.go(`${edge.url}${path}`, { method: 'POST', headers: { ...headers, ...more } });
    expect((await send({})).status).toBe(200);
    expect((await send({ Origin: 'https://attacker.example' })).status).toBe(404);
  });

  it('answers without the token that it sent', async () => {
    const before = upstream.received.length;
    const answer = await edge.call(path, await edge.token('21'), { method: 'POST' });
    const text = await answer.text();
    const { token, claims } = upstream.received[before]!;
    expect(claims.sub).toBe('https://census.service/user/42/');
    expect(text).toContain('asks in the name of user 42');
    for (const part of token.split('.')) expect(text).not.toContain(part);
  });

  it('is not there without what it needs: a stolen key, or its name', async () => {
    const token = await edge.token('21');
    for (const name of ['stolen-key', 'constructor']) {
      const answer = await edge.call(`/development/attempts/${name}`, token, { method: 'POST' });
      expect(answer.status).toBe(404);
    }
  });
});
