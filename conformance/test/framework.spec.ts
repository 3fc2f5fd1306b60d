import { SPELLINGS } from './adapters/adapter.js';
import { ROUTES, type Route } from './routes.js';
import { ADAPTERS, CHALLENGE, Scene, TOKEN_MISSING } from './support/scene.js';

const UNSTATED: Route = { method: 'GET', path: '/unstated', requires: {} };

describe.each(ADAPTERS)('$name: a route, whatever the framework makes of the request,', (adapter) => {
  const scene = Scene.use(adapter);

  it.each(SPELLINGS)('is guarded or not found by the spelling %s', async (path) => {
    const token = await scene.token();
    const tooLittle = await scene.token({ scope: 'order:write' });
    if (adapter.isHttp2 === true && !path.startsWith('/')) {
      // HTTP/2 knows no such request line: the stream is reset.
      await expect(scene.ask({ path, token })).rejects.toThrow('PROTOCOL_ERROR');
      expect(scene.ran).toEqual([]);
    } else if (adapter.sameRoute.includes(path)) {
      await scene.accepts({ path, token });
      await scene.refuses({ path }, TOKEN_MISSING);
      const answer = await scene.ask({ path, token: tooLittle });
      expect(answer).toMatchObject({ status: 403, json: { code: 'scope_missing' } });
      expect(scene.ran).toEqual(['/read']);
    } else {
      for (const sent of [token, tooLittle, undefined])
        expect([400, 404]).toContain((await scene.ask({ path, token: sent })).status);
      expect(scene.ran).toEqual([]);
    }
  });

  it('answers HEAD as it does GET', async () => {
    const ask = (token?: string) => scene.ask({ path: '/read', method: 'HEAD', token });
    expect(await ask(await scene.token())).toMatchObject({ status: 200 });
    expect(scene.ran).toEqual(['/read']);
    expect(await ask()).toMatchObject({ status: 401, challenge: CHALLENGE.bare });
    expect(await ask(await scene.token({ scope: 'order:write' }))).toMatchObject({ status: 403 });
    const bind = { method: 'GET', url: '/read' };
    expect(await ask(await scene.token({}, bind))).toMatchObject({ status: 401, challenge: CHALLENGE.token });
    expect(scene.ran).toEqual(['/read']);
    expect(await ask(await scene.token({}, { ...bind, method: 'HEAD' }))).toMatchObject({ status: 200 });
    expect(scene.ran).toEqual(['/read', '/read']);
    expect(scene.decisions.map(({ code }) => code)).toEqual([
      undefined,
      'token_missing',
      'scope_missing',
      'binding_mismatch',
      undefined,
    ]);
  });

  it('has no other methods than it was given', async () => {
    const token = await scene.token();
    const statusOf = async (method: string) => (await scene.ask({ path: '/read', method, token })).status;
    expect(await statusOf('OPTIONS')).toBe(adapter.answerToOptions);
    for (const method of ['DELETE', 'PUT', 'TRACE']) expect(await statusOf(method)).toBe(404);
    expect(scene.ran).toEqual([]);
  });

  it('that says nothing about who may call it is called by nobody', async () => {
    if (adapter.unstatedAtStart !== undefined) {
      const started = scene.another({ routes: [...ROUTES, UNSTATED] });
      await expect(started).rejects.toMatchObject({ code: adapter.unstatedAtStart });
      return;
    }
    const at = await scene.another({ routes: [...ROUTES, UNSTATED] });
    await scene.accepts({ path: '/read', token: await scene.token(), at });
    const answer = await scene.ask({ path: '/unstated', token: await scene.token(), at });
    expect(answer).toMatchObject({ status: 403, json: { code: 'policy_missing' } });
    await scene.refuses({ path: '/unstated', at }, TOKEN_MISSING);
    expect(scene.ran).toEqual(['/read']);
  });
});
