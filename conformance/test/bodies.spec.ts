import { gzipSync } from 'node:zlib';
import { ADAPTERS, badRequest, refused, Scene } from './support/scene.js';

const MIB = 1_048_576;

describe.each(ADAPTERS)('$name: the body of a write', (adapter) => {
  const scene = Scene.use(adapter);
  const write = { path: '/write', method: 'POST' } as const;

  it.each<[string, Uint8Array | string]>([
    ['text', 'body'],
    ['nothing', ''],
    ['octets with a mark of their order', Buffer.from([0xef, 0xbb, 0xbf, 0, 255, 10, 13])],
    ['compressed octets, hashed as they are sent', gzipSync('body')],
  ])('is let in with a token for it: %s', async (_what, body) => {
    await scene.accepts({ ...write, token: await scene.write(body), body });
  });

  it('is let in when it comes in pieces', async () => {
    const pieces = ['bo', 'd', 'y'].map((piece) => Buffer.from(piece));
    await scene.accepts({ ...write, token: await scene.write(), pieces });
  });

  it.each(['Body', 'body ', 'bod', ''])(
    'is refused when "body" was signed and "%s" is sent',
    async (body) => {
      await scene.refuses({ ...write, token: await scene.write(), body }, refused('body_mismatch'));
    },
  );

  it.each<[string, unknown]>([
    ['null', null],
    ['a number', 7],
    ['too short', 'abc'],
    ['of another encoding', Buffer.alloc(32).toString('hex')],
  ])('is refused when its hash is %s', async (_what, bdy) => {
    await scene.refuses(
      { ...write, token: await scene.write('body', { bdy }), body: 'body' },
      refused('body_mismatch'),
    );
  });

  it.each(['bdy', 'htm', 'htu'])('is refused without the claim %s', async (name) => {
    const token = await scene.write('body', { [name]: undefined });
    await scene.refuses({ ...write, token, body: 'body' }, refused('body_binding_missing'));
  });

  it('is refused above the limit of the application, and above that of its route', async () => {
    const body = 'x'.repeat(MIB + 1);
    const large = { ...write, token: await scene.write(body), body };
    if (adapter.ownBodyLimit === true) expect(await scene.ask(large)).toMatchObject({ status: 413 });
    else await scene.refuses(large, badRequest('body_too_large', 413));
    expect(scene.ran).toEqual([]);
    await scene.accepts({
      path: '/small',
      method: 'POST',
      token: await scene.write('x'.repeat(10), {}, '/small'),
      body: 'x'.repeat(10),
    });
    const eleven = 'x'.repeat(11);
    const token = await scene.write(eleven, {}, '/small');
    await scene.refuses(
      { path: '/small', method: 'POST', token, body: eleven },
      badRequest('body_too_large', 413),
    );
  });

  it('of a read may be bound too, and then has to be empty', async () => {
    const bind = { method: 'GET', url: '/read' };
    await scene.accepts({ path: '/read', token: await scene.token({}, bind) });
    await scene.refuses(
      { path: '/read', token: await scene.token({}, bind), body: 'body' },
      refused('body_mismatch'),
    );
  });

  it.each<[string, { readonly method?: string; readonly url?: string }]>([
    ['another method', { method: 'PUT' }],
    ['another path', { url: '/read' }],
    ['another query', { url: '/write?a=1' }],
    ['a slash more', { url: '/write/' }],
    ['another slash in front', { url: '//write' }],
    ['an escape', { url: '/%77rite' }],
  ])('is refused when the token is for %s', async (_what, other) => {
    const token = await scene.token({}, { method: 'POST', url: '/write', body: 'body', ...other });
    await scene.refuses({ ...write, token, body: 'body' }, refused('binding_mismatch'));
  });
});
