import { ADAPTERS, refused, Scene, SERVICE, USER } from './support/scene.js';
import { signText } from './support/sign.js';

/** Seconds by which clocks may differ. */
const TOLERANCE = 30;
const GATEWAY = 'https://gateway.service/';

describe.each(ADAPTERS)('$name: the claims of a token', (adapter) => {
  const scene = Scene.use(adapter);
  const path = '/read';
  const now = () => scene.clock.now();

  it('open a route, and name caller and user', async () => {
    const answer = await scene.accepts({ path, token: await scene.token() });
    expect(answer.json).toEqual({ caller: 'gateway', subject: USER });
    expect(scene.decisions).toMatchObject([
      { decision: 'allowed', caller: 'gateway', route: expect.any(String) as unknown },
    ]);
  });

  it.each(['exp', 'iat', 'sub', 'jti'])('must have %s', async (name) => {
    await scene.refuses({ path, token: await scene.token({ [name]: undefined }) }, refused('claim_missing'));
  });

  it.each<[string, () => Readonly<Record<string, unknown>>, string]>([
    ['exp as text', () => ({ exp: String(now() + 60) }), 'claim_invalid'],
    ['a negative exp', () => ({ exp: -1 }), 'claim_invalid'],
    ['exp in milliseconds', () => ({ exp: (now() + 60) * 1000 }), 'lifetime_too_long'],
    ['exp before iat', () => ({ iat: now(), exp: now() - 1 }), 'claim_invalid'],
    ['nbf behind exp', () => ({ nbf: now() + 61 }), 'claim_invalid'],
    ['a lifetime above the limit', () => ({ exp: now() + 301 }), 'lifetime_too_long'],
    ['nbf in the future', () => ({ nbf: now() + TOLERANCE + 1 }), 'token_not_yet_valid'],
    ['iat in the future', () => ({ iat: now() + TOLERANCE + 1, exp: now() + 60 }), 'token_issued_in_future'],
    ['sub as a number', () => ({ sub: 7 }), 'claim_invalid'],
    ['jti as a number', () => ({ jti: 7 }), 'claim_invalid'],
    ['scope as a list', () => ({ scope: ['order:read'] }), 'claim_invalid'],
    ['a tab among the scopes', () => ({ scope: 'order:read\torder:write' }), 'claim_invalid'],
    ['roles as text', () => ({ roles: 'admin' }), 'claim_invalid'],
    ['an actor who is not the caller', () => ({ act: { sub: 'https://herald.service/' } }), 'claim_invalid'],
    ['an actor who is no object', () => ({ act: 'gateway' }), 'claim_invalid'],
    [
      'an actor who acts for itself',
      () => ({ act: { sub: GATEWAY, act: { sub: GATEWAY } } }),
      'claim_invalid',
    ],
    ['a jti of thousands of characters', () => ({ jti: 'x'.repeat(3000) }), 'claim_invalid'],
  ])('cannot be %s', async (_what, claims, code) => {
    await scene.refuses({ path, token: await scene.token(claims()) }, refused(code));
  });

  it('hold until the token expires and clocks may differ no more, also for one that was accepted before', async () => {
    const token = await scene.token();
    for (let index = 0; index < 3; index++) await scene.accepts({ path, token });
    scene.clock.advance(60 + TOLERANCE - 1);
    await scene.accepts({ path, token });
    scene.clock.advance(2);
    await scene.refuses({ path, token }, refused('token_expired'));
  });

  it('cannot have an exp beyond all numbers', async () => {
    const claims = JSON.stringify({
      iss: scene.gateway.issuer,
      aud: SERVICE,
      sub: USER,
      iat: now(),
      exp: 0,
      jti: 'beyond',
      scope: 'order:read',
    });
    const withExp = (exp: string) => signText(scene.gateway, claims.replace('"exp":0', `"exp":${exp}`));
    await scene.accepts({ path, token: await withExp(String(now() + 60)) });
    await scene.refuses({ path, token: await withExp('1e400') }, refused('claim_invalid'));
  });

  it('are held against a clock that was set back, too', async () => {
    const token = await scene.token();
    await scene.accepts({ path, token });
    const before = now();
    scene.clock.set(before - 3600);
    await scene.refuses({ path, token }, refused('token_issued_in_future'));
    scene.clock.set(before);
    await scene.accepts({ path, token });
  });

  it('that name no issuer we trust make us ask nobody for keys', async () => {
    await scene.accepts({ path, token: await scene.token() });
    const asked = () => scene.gateway.keyRequests + scene.herald.keyRequests;
    const before = asked();
    const iss = 'https://stranger.service/';
    for (let index = 0; index < 5; index++)
      await scene.refuses({ path, token: await scene.token({ iss }) }, refused('issuer_untrusted'));
    expect(asked()).toBe(before);
  });

  it('may have scopes in any order, twice, and apart by several spaces', async () => {
    await scene.accepts({ path, token: await scene.token({ scope: ' order:write  order:read order:read' }) });
  });

  it.each<[string, unknown]>([
    ['a stranger', 'https://stranger.service/'],
    ['without its slash', 'https://gateway.service'],
    ['in capitals', 'https://GATEWAY.service/'],
    ['with an escape', 'https://%67ateway.service/'],
    ['with a look-alike', 'https://gatewаy.service/'],
    ['with an octet behind it', 'https://gateway.service/\u0000'],
    ['with a script', 'https://gateway.service/"><script>'],
    ['a list', ['https://gateway.service/']],
    ['an object', {}],
    ['empty', ''],
    ['missing', undefined],
    ['ourselves', SERVICE],
  ])('cannot have an issuer that is %s, and do not repeat it', async (_what, iss) => {
    const answer = await scene.refuses(
      { path, token: await scene.token({ iss }) },
      refused('issuer_untrusted'),
    );
    expect(JSON.stringify(answer)).not.toContain('script');
  });

  it.each<[string, unknown]>([
    ['missing', undefined],
    ['an empty list', []],
    ['empty', ''],
    ['null in a list', [null]],
    ['a number', 7],
    ['another service', 'https://census.service/'],
    ['this service and another', [SERVICE, 'https://census.service/']],
    ['without its slash', 'https://order.service'],
  ])('cannot have an audience that is %s', async (_what, aud) => {
    await scene.refuses({ path, token: await scene.token({ aud }) }, refused('audience_mismatch'));
  });

  it('are of a token for services, not of another type', async () => {
    const token = await scene.gateway.token({
      audience: SERVICE,
      header: { typ: 'JWT' },
      claims: { sub: USER },
    });
    await scene.refuses({ path, token }, refused('token_type_not_allowed'));
  });
});
