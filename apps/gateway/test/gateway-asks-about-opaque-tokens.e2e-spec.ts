import { type Edge } from './support/edge.js';
import { type Upstream } from './support/upstream.js';
import { useEdge } from './support/use-edge.js';

let edge: Edge;
let upstream: Upstream;

useEdge((started) => {
  ({ edge, upstream } = started);
});

function ofKiosk(path: string, token: string): Promise<Response> {
  const body = new URLSearchParams({ token, client_id: 'kiosk' });
  return fetch(`${edge.issuer}/token/${path}`, { method: 'POST', body });
}

describe('An opaque token of the provider', () => {
  it('is worth what the provider says of it, from the outside to the services behind the gateway', async () => {
    const token = await edge.token('42', { client: 'kiosk' });
    expect(token).not.toContain('.');
    const about = (await (await ofKiosk('introspection', token)).json()) as { exp: number };
    const me = await edge.call('/api/me', token);
    expect(await me.json()).toMatchObject({ uri: 'https://census.service/user/42/', expiresAt: about.exp });
    expect((await edge.notify(token)).status).toBe(201);
    expect(upstream.received.map(({ claims }) => [claims.sub, claims.scope])).toEqual([
      ['https://census.service/user/42/', 'user:read'],
      ['https://census.service/user/42/', 'notification:send user:read'],
    ]);
    expect(upstream.received.filter(({ claims }) => claims.exp! > about.exp)).toEqual([]);
  });

  it('has the scopes that were granted, and no others', async () => {
    const token = await edge.token('42', { client: 'kiosk', scope: 'openid user:read' });
    expect((await edge.call('/api/me', token)).status).toBe(200);
    const refused = await edge.notify(token);
    expect([refused.status, await refused.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'scope_missing' }),
    ]);
  });

  it('is refused, when it was revoked, before an answer about it may be kept no longer', async () => {
    const token = await edge.token('42', { client: 'kiosk' });
    expect((await edge.call('/api/me', token)).status).toBe(200);
    await ofKiosk('revocation', token);
    // The gateway of this test keeps answers for a second; the rest is for a slow machine.
    const latest = Date.now() + 6_000;
    let answer = await edge.call('/api/me', token);
    while (answer.status === 200 && Date.now() < latest) answer = await edge.call('/api/me', token);
    expect([answer.status, await answer.json()]).toEqual([
      401,
      expect.objectContaining({ code: 'token_inactive' }),
    ]);
  });

  it('is refused when the provider does not know it', async () => {
    const answer = await edge.call('/api/me', 'x'.repeat(43));
    expect([answer.status, await answer.json()]).toEqual([
      401,
      expect.objectContaining({ code: 'token_inactive' }),
    ]);
    expect(upstream.received).toEqual([]);
  });
});
