import { ADAPTERS, refused, Scene } from './support/scene.js';

const REPLAYED = refused('token_replayed');

describe.each(ADAPTERS)('$name: a token for one write', (adapter) => {
  const scene = Scene.use(adapter);
  const write = { path: '/write', method: 'POST', body: 'body' } as const;

  it('works once', async () => {
    const token = await scene.write();
    await scene.accepts({ ...write, token });
    await scene.refuses({ ...write, token }, REPLAYED);
  });

  it('works for one of fifty requests that send it at once', async () => {
    const token = await scene.write();
    const answers = await Promise.all(Array.from({ length: 50 }, () => scene.ask({ ...write, token })));
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect(answers.filter(({ json }) => json['code'] === 'token_replayed')).toHaveLength(49);
    expect(scene.ran).toEqual(['/write']);
  });

  it('works once for all replicas', async () => {
    const at = await scene.another({});
    const [one, two] = [await scene.write(), await scene.write()];
    await scene.accepts({ ...write, token: one });
    await scene.refuses({ ...write, token: one, at }, REPLAYED);
    await scene.accepts({ ...write, token: two, at });
    await scene.refuses({ ...write, token: two }, REPLAYED);
  });

  it('is refused for another body, too, when it was used', async () => {
    const token = await scene.write();
    await scene.accepts({ ...write, token });
    await scene.refuses({ ...write, token, body: 'other' }, refused('body_mismatch'));
  });

  it('has to have an id', async () => {
    const token = await scene.write('body', { jti: undefined });
    await scene.refuses({ ...write, token }, refused('claim_missing'));
  });

  it('is of its issuer: the same id of another issuer is another token', async () => {
    await scene.accepts({ ...write, token: await scene.write('body', { jti: 'same' }) });
    const { issuer } = scene.herald;
    const token = await scene.herald.token({
      audience: 'https://order.service/',
      claims: { jti: 'same', scope: 'order:write', sub: issuer },
      bind: { method: 'POST', url: '/write', body: 'body' },
    });
    await scene.accepts({ ...write, token });
  });

  it('is not used up by a request that is refused for another reason', async () => {
    const token = await scene.write('body', { scope: 'order:read' });
    const missing = { status: 403, code: 'scope_missing' };
    for (let index = 0; index < 2; index++)
      expect(await scene.ask({ ...write, token })).toMatchObject({
        status: 403,
        json: { code: missing.code },
      });
    const good = await scene.write();
    await scene.refuses({ ...write, token: good, body: 'other' }, refused('body_mismatch'));
    await scene.accepts({ ...write, token: good });
  });

  it('is refused with 503 where nobody can say whether it was used', async () => {
    scene.store = { firstUse: () => Promise.reject(new Error('no connection')) };
    const answer = await scene.refuses(
      { ...write, token: await scene.write() },
      { status: 503, code: 'replay_store_unavailable', challenge: undefined },
    );
    expect(Number(answer.retryAfter)).toBeGreaterThan(0);
  });

  it('may be sent again in another token with the same body', async () => {
    await scene.accepts({ ...write, token: await scene.write() });
    await scene.accepts({ ...write, token: await scene.write() });
  });

  it('is remembered until it expires', async () => {
    const token = await scene.write();
    await scene.accepts({ ...write, token });
    scene.clock.advance(89);
    await scene.refuses({ ...write, token }, REPLAYED);
    scene.clock.advance(2);
    await scene.refuses({ ...write, token }, refused('token_expired'));
  });
});

describe.each(ADAPTERS)('$name: a token for a read', (adapter) => {
  const scene = Scene.use(adapter);

  it('works until it expires', async () => {
    const token = await scene.token();
    for (let index = 0; index < 5; index++) await scene.accepts({ path: '/read', token });
  });
});
