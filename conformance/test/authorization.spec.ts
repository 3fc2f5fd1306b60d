import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, refused, Scene, SERVICE, USER, type Refused } from './support/scene.js';

const forbidden = (code: string, error = ''): Refused => ({
  status: 403,
  code,
  challenge: `Bearer realm="${SERVICE}"${error === '' ? '' : `, ${error}`}`,
});

const missing = (scopes: string) =>
  forbidden('scope_missing', `error="insufficient_scope", scope="${scopes}"`);

describe.each(ADAPTERS)('$name: a route', (adapter) => {
  const scene = Scene.use(adapter);
  const ownName = 'https://gateway.service/';

  it('is opened by its scope, and by no other that is like it', async () => {
    await scene.accepts({ path: '/read', token: await scene.token({ scope: 'order:read' }) });
    for (const scope of ['', 'order:read:all', 'order:rea', 'Order:Read', 'order:write'])
      await scene.refuses({ path: '/read', token: await scene.token({ scope }) }, missing('order:read'));
    // Another claim that names scopes does not count.
    const token = await scene.token({ scope: 'order:write', scp: 'order:read' });
    await scene.refuses({ path: '/read', token }, missing('order:read'));
  });

  it('needs all of its scopes, or one of them', async () => {
    await scene.accepts({ path: '/two', token: await scene.token() });
    await scene.refuses(
      { path: '/two', token: await scene.token({ scope: 'order:read' }) },
      missing('order:read order:write'),
    );
    await scene.accepts({ path: '/one-of', token: await scene.token({ scope: 'order:write' }) });
    await scene.refuses(
      { path: '/one-of', token: await scene.token({ scope: 'admin' }) },
      missing('order:read order:write'),
    );
  });

  it('gives a caller no scope that its trust record does not', async () => {
    await scene.refuses(
      { path: '/read', token: await scene.token({ scope: 'order:delete' }) },
      missing('order:read'),
    );
  });

  it('is for a role, or for a caller', async () => {
    await scene.accepts({ path: '/role', token: await scene.token({ roles: ['admin'] }) });
    await scene.refuses(
      { path: '/role', token: await scene.token({ roles: ['Admin'] }) },
      forbidden('role_missing'),
    );
    const herald = await scene.herald.token({ audience: SERVICE });
    await scene.accepts({ path: '/caller', token: herald });
    await scene.refuses({ path: '/caller', token: await scene.token() }, forbidden('caller_not_allowed'));
  });

  it('is for no caller whose name is only like the one it states', async () => {
    const names = ['heraldX', 'xherald', 'her.ld', 'HERALD'];
    const issuers = await Promise.all(
      names.map((name, index) =>
        TestIssuer.start({ name, issuer: `https://like-${String(index)}.service/`, clock: scene.clock }),
      ),
    );
    const at = await scene.another({ trust: issuers.map((issuer) => issuer.trustRecord()) });
    for (const issuer of issuers) {
      const token = await issuer.token({ audience: SERVICE });
      await scene.accepts({ path: '/any', token, at });
      await scene.refuses({ path: '/caller', token, at }, forbidden('caller_not_allowed'));
    }
    await Promise.all(issuers.map((issuer) => issuer.close()));
  });

  it('is for users, for services, or for both', async () => {
    const service = { sub: ownName };
    await scene.accepts({ path: '/user', token: await scene.token() });
    await scene.accepts({ path: '/service', token: await scene.token(service) });
    await scene.accepts({ path: '/any', token: await scene.token() });
    await scene.accepts({ path: '/any', token: await scene.token(service) });
    await scene.refuses({ path: '/user', token: await scene.token(service) }, forbidden('user_required'));
    await scene.refuses(
      { path: '/service', token: await scene.token() },
      forbidden('delegation_not_allowed'),
    );
  });

  it('may have a rule of its own', async () => {
    await scene.accepts({ path: '/policy', token: await scene.token() });
    const act = { sub: ownName, act: { sub: 'https://herald.service/' } };
    await scene.refuses({ path: '/policy', token: await scene.token({ act }) }, forbidden('policy_refused'));
  });

  it('refuses a chain of too many actors', async () => {
    const names = ['herald', 'census', 'idp'].map((name) => `https://${name}.service/`);
    const act = names.reduceRight<object | undefined>(
      (inner, sub) => ({ sub, ...(inner && { act: inner }) }),
      undefined,
    );
    const token = await scene.token({ act: { sub: ownName, act } });
    await scene.refuses({ path: '/any', token }, forbidden('actor_chain_too_deep'));
  });

  it('refuses users whom the caller may not call for', async () => {
    const token = await scene.token({ sub: 'https://elsewhere.service/user/21/' });
    await scene.refuses({ path: '/any', token }, forbidden('delegation_not_allowed'));
  });

  it('that is optional lets in who has no token, and nobody with a bad one', async () => {
    const nobody = await scene.accepts({ path: '/optional' });
    expect(nobody.json).toEqual({});
    const somebody = await scene.accepts({ path: '/optional', token: await scene.token() });
    expect(somebody.json).toEqual({ caller: 'gateway', subject: USER });
    for (const [claims, code] of [
      [{ aud: 'https://census.service/' }, 'audience_mismatch'],
      [{ iss: 'https://stranger.service/' }, 'issuer_untrusted'],
      [{ iat: 1, exp: 61 }, 'token_expired'],
    ] as const)
      await scene.refuses({ path: '/optional', token: await scene.token(claims) }, refused(code));
    await scene.refuses({ path: '/optional', token: 'a.b.c' }, refused('token_malformed'));
  });

  it('that is open looks at no token', async () => {
    await scene.accepts({ path: '/open' });
    await scene.accepts({ path: '/open', token: 'a.b.c' });
    expect(scene.decisions).toEqual([]);
  });

  it('is not another route by a header that names a method', async () => {
    const headers = [['X-HTTP-Method-Override', 'POST']] as const;
    await scene.accepts({ path: '/read', token: await scene.token({ scope: 'order:read' }), headers });
    expect(scene.ran).toEqual(['/read']);
  });
});
