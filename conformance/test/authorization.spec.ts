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
    const token = await scene.token({ aud: 'https://census.service/' });
    await scene.refuses({ path: '/optional', token }, refused('audience_mismatch'));
  });

  it('that is open looks at no token', async () => {
    await scene.accepts({ path: '/open' });
    await scene.accepts({ path: '/open', token: 'a.b.c' });
    expect(scene.decisions).toEqual([]);
  });

  it('is guarded for HEAD as for GET', async () => {
    const token = await scene.token();
    expect(await scene.ask({ path: '/read', method: 'HEAD' })).toMatchObject({ status: 401 });
    expect(scene.ran).toEqual([]);
    expect(await scene.ask({ path: '/read', method: 'HEAD', token })).toMatchObject({ status: 200 });
    expect(scene.ran).toEqual(['/read']);
  });

  it('is not another route by a header that names a method', async () => {
    const headers = [['X-HTTP-Method-Override', 'POST']] as const;
    await scene.accepts({ path: '/read', token: await scene.token({ scope: 'order:read' }), headers });
    expect(scene.ran).toEqual(['/read']);
  });

  it.each<`/${string}`>(['//read', '/%72ead', '/a/../read', '/read;x=1', '/READ', '/read/', '/./read'])(
    'by another spelling, %s, is the same route or none',
    async (path) => {
      const answer = await scene.ask({ path });
      expect([401, 404, 400]).toContain(answer.status);
      expect(scene.ran).toEqual([]);
    },
  );
});
