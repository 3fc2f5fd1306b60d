import { createHash } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { createAuthorizer, type AuthorizedCall } from '../../../src/outbound/authorizer.js';
import {
  arriving,
  CENSUS,
  createCallChain,
  GATEWAY,
  HERALD,
  IDP,
  NOW,
  partsOf,
  read,
  TO_CENSUS,
  USER,
  write,
  type CallChain,
} from '../../support/call-chain.js';
import { authenticated } from '../../support/scene.js';

let chain: CallChain;

beforeEach(async () => {
  chain = await createCallChain();
});

const anyId = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;

async function joseAccepts({ issued }: AuthorizedCall): Promise<void> {
  const keys = createLocalJWKSet({ keys: chain.keyStore.publicKeys().keys.map((key) => ({ ...key })) });
  await jwtVerify(issued!.token, keys, {
    issuer: HERALD,
    audience: CENSUS,
    typ: 'svc+jwt',
    currentDate: new Date(chain.clock.now() * 1000),
  });
}

describe('a token for a read', () => {
  it('says what the contract says, and nothing else', async () => {
    const call = await chain.authorizer().authorize(read(), await chain.called());
    expect(partsOf(call)).toEqual({
      header: { alg: 'ES256', kid: chain.keyStore.signer().keyId, typ: 'svc+jwt' },
      claims: {
        iss: HERALD,
        aud: CENSUS,
        sub: USER,
        iat: NOW,
        exp: NOW + 300,
        jti: anyId,
        scope: 'user:read',
        roles: ['support'],
        act: { sub: HERALD, act: { sub: GATEWAY } },
        txn: 'txn-1',
      },
    });
  });

  it('is accepted by the called service, which knows who calls and for whom', async () => {
    const call = await chain.authorizer().authorize(read(), await chain.called());
    const { principal, bound, singleUse } = await chain.census.authenticate(arriving(read(), call));
    expect(principal).toMatchObject({
      subject: USER,
      subjectKind: 'user',
      caller: { name: 'herald', issuer: HERALD },
      scopes: new Set(['user:read']),
      roles: new Set(['support']),
      actors: [HERALD, GATEWAY],
      transactionId: 'txn-1',
    });
    expect({ bound, singleUse }).toEqual({ bound: false, singleUse: undefined });
    await joseAccepts(call);
  });

  it('is described without its text, for a decision record', async () => {
    const call = await chain.authorizer().authorize(read(), await chain.called());
    expect(call.issued?.claims).toEqual({
      issuer: HERALD,
      audience: CENSUS,
      subject: USER,
      scopes: ['user:read'],
      actors: [HERALD, GATEWAY],
      transactionId: 'txn-1',
      tokenId: partsOf(call).claims['jti'],
      keyId: chain.keyStore.signer().keyId,
      issuedAt: NOW,
      expiresAt: NOW + 300,
      bound: false,
    });
  });

  it('does not satisfy a write at the called service', async () => {
    const call = await chain.authorizer().authorize(read(), await chain.called());
    await expect(authenticated(chain.census, arriving(write(), call))).rejects.toMatchObject({
      code: 'body_binding_missing',
    });
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('serves a %s', async (method) => {
    const call = await chain.authorizer().authorize({ ...read(), method }, await chain.called());
    expect(call.issued?.claims.bound).toBe(false);
  });
});

describe('a token for a write', () => {
  it('is bound to body, method and path for a minute, and says nothing else', async () => {
    const call = await chain.authorizer().authorize(write('{"a":1}', 'user/42/?x=%2F'), await chain.called());
    expect(partsOf(call).claims).toEqual({
      iss: HERALD,
      aud: CENSUS,
      sub: USER,
      iat: NOW,
      exp: NOW + 60,
      jti: anyId,
      scope: 'user:read',
      roles: ['support'],
      act: { sub: HERALD, act: { sub: GATEWAY } },
      txn: 'txn-1',
      bdy: createHash('sha256').update('{"a":1}').digest('base64url'),
      htm: 'PATCH',
      htu: 'https://census.service/user/42/?x=%2F',
    });
  });

  it.each([
    ['a body', write()],
    ['no body', write(null)],
    ['an empty body', write('')],
    ['a query', write('{}', 'user/?a=1&b=%20&a=2')],
    ['double slashes and escapes in the path', write('{}', 'user//x/%2ea%2fy;z=1')],
    ['bytes that are no text', { ...write(), body: Uint8Array.from([0, 255, 13, 10]) }],
    ['a method that nobody knows', { ...write(), method: 'PURGE' }],
    ['a body on a read', { ...write(), method: 'GET' }],
  ])('with %s is accepted by the called service, and by jose', async (_what, call) => {
    const authorized = await chain.authorizer().authorize(call, await chain.called());
    const { bound } = await chain.census.authenticate(arriving(call, authorized));
    expect(bound).toBe(true);
    await joseAccepts(authorized);
  });

  it('is accepted once', async () => {
    const call = await chain.authorizer().authorize(write(), await chain.called());
    const authentication = await chain.census.authenticate(arriving(write(), call));
    await chain.census.useOnce(authentication);
    await expect(chain.census.useOnce(authentication)).rejects.toMatchObject({ code: 'token_replayed' });
  });

  it('is for that body, that method and that path only', async () => {
    const call = await chain.authorizer().authorize(write(), await chain.called());
    for (const [other, code] of [
      [write('{"name":"Eve"}'), 'body_mismatch'],
      [write(null), 'body_mismatch'],
      [{ ...write(), method: 'POST' }, 'binding_mismatch'],
      [write(null, 'user/43/'), 'binding_mismatch'],
      [write('{"name":"Ada"}', 'user/42/?admin'), 'binding_mismatch'],
    ] as const) {
      await expect(authenticated(chain.census, arriving(other, call))).rejects.toMatchObject({ code });
    }
  });

  it('is a new one each time, also for the same write', async () => {
    const authorizer = chain.authorizer();
    const authentication = await chain.called();
    const calls = await Promise.all([1, 2, 3].map(() => authorizer.authorize(write(), authentication)));
    expect(new Set(calls.map((call) => partsOf(call).claims['jti'])).size).toBe(3);
    expect(chain.signatures()).toBe(3);
  });

  it('is a plain one, and shared, when the destination cannot check bodies', async () => {
    const authorizer = chain.authorizer({ bodyBinding: 'off' });
    const authentication = await chain.called();
    const [first, second] = [
      await authorizer.authorize(write(), authentication),
      await authorizer.authorize(read(), authentication),
    ];
    expect(partsOf(first).claims).not.toHaveProperty('bdy');
    expect(first.issued?.token).toBe(second.issued?.token);
  });
});

describe('a minted token never has more than the caller’s', () => {
  it.each([
    ['both', 'user:read user:write', 'user:read user:write'],
    ['one of them', 'user:write', 'user:write'],
    ['others only', 'notification:send', ''],
    ['one that only looks like it', 'user:read:all user:rea USER:READ', ''],
    ['none', '', ''],
    ['no scope claim at all', undefined, ''],
  ])('scopes: the caller has %s', async (_what, scope, minted) => {
    const call = await chain.authorizer().authorize(read(), await chain.called({ scope }));
    expect(partsOf(call).claims['scope']).toBe(minted);
  });

  it('scopes: what our trust record does not let the caller have is not handed on', async () => {
    const authorizer = chain.authorizer({ scopes: ['user:read', 'admin'] });
    const call = await authorizer.authorize(read(), await chain.called({ scope: 'user:read admin' }));
    expect(partsOf(call).claims['scope']).toBe('user:read');
  });

  it('scopes: none by default', async () => {
    const { scopes: _scopes, ...record } = TO_CENSUS;
    const authorizer = createAuthorizer({ ...only(chain), service: HERALD, destinations: [record] });
    expect(partsOf(await authorizer.authorize(read(), await chain.called())).claims['scope']).toBe('');
  });

  it.each([
    ['a second less than ours would', read(), 299, 299],
    ['as long as ours would', read(), 300, 300],
    ['a second longer than ours would', read(), 301, 300],
    ['a fraction of a second', read(), 30.9, 30],
    ['a second less than a bound one would', write(), 59, 59],
    ['as long as a bound one would', write(), 60, 60],
    ['a second longer than a bound one would', write(), 61, 60],
  ])('life: the caller’s token lives %s', async (_what, call, life, expected) => {
    const authorized = await chain.authorizer().authorize(call, await chain.called({ exp: NOW + life }));
    expect(partsOf(authorized).claims).toMatchObject({ iat: NOW, exp: NOW + expected });
    await chain.census.authenticate(arriving(call, authorized));
  });

  it.each([['a read', read()], ['a write', write()]])(
    'life: in the last second of the caller’s token %s still leaves, and then nothing does',
    async (_what, call) => {
      const authentication = await chain.called({ exp: NOW + 100 });
      const authorizer = chain.authorizer();
      await authorizer.authorize(call, authentication);
      chain.clock.advance(99);
      expect(partsOf(await authorizer.authorize(call, authentication)).claims['exp']).toBe(NOW + 100);
      chain.clock.advance(1);
      await expect(authorizer.authorize(call, authentication)).rejects.toMatchObject({ code: 'caller_token_expired' });
      chain.clock.advance(3600);
      await expect(authorizer.authorize(call, authentication)).rejects.toMatchObject({ code: 'caller_token_expired' });
    },
  ); // prettier-ignore

  it('roles: they are those of the caller’s token', async () => {
    const none = await chain.authorizer().authorize(read(), await chain.called({ roles: undefined }));
    expect(partsOf(none).claims).not.toHaveProperty('roles');
    const two = await chain.authorizer().authorize(read(), await chain.called({ roles: ['a', 'b'] }));
    expect(partsOf(two).claims['roles']).toEqual(['a', 'b']);
  });

  it('roles: those that our own records give the user stay here', async () => {
    const authentication = await chain.called();
    const principal = { ...authentication.principal, roles: new Set(['admin']) };
    const call = await chain.authorizer().authorize(read(), { ...authentication, principal });
    expect(partsOf(call).claims['roles']).toEqual(['support']);
  });
});

describe('who acts', () => {
  it('is told newest first, and the called service sees the whole chain', async () => {
    const act = { sub: GATEWAY, act: { sub: IDP } };
    const call = await chain.authorizer().authorize(read(), await chain.called({ act }));
    expect(partsOf(call).claims['act']).toEqual({ sub: HERALD, act });
    const { principal } = await chain.census.authenticate(arriving(read(), call));
    expect(principal.actors).toEqual([HERALD, GATEWAY, IDP]);
  });

  it('is at most three: the called service refuses a fourth', async () => {
    const act = { sub: GATEWAY, act: { sub: IDP, act: { sub: 'https://edge.service/' } } };
    const call = await chain.authorizer().authorize(read(), await chain.called({ act }));
    await expect(authenticated(chain.census, arriving(read(), call))).rejects.toMatchObject({
      code: 'actor_chain_too_deep',
    });
  });
});

describe('the transaction', () => {
  it('is carried unchanged', async () => {
    const call = await chain.authorizer().authorize(read(), await chain.called({ txn: 'Order/7' }));
    expect(partsOf(call).claims['txn']).toBe('Order/7');
  });

  it('is begun by the first service, and all its calls share it', async () => {
    const authentication = await chain.called({ txn: undefined });
    const authorizer = chain.authorizer();
    const calls = await Promise.all(
      [read(), write()].map((call) => authorizer.authorize(call, authentication)),
    );
    const [first, second] = calls.map((call) => partsOf(call).claims['txn']);
    expect(first).toMatch(/^[\w-]{20}$/);
    expect(second).toBe(first);
  });
});

function only({ clock, keyStore }: CallChain): Pick<CallChain, 'clock' | 'keyStore'> {
  return { clock, keyStore };
}
