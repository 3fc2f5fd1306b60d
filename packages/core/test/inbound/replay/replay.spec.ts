import { createFixedClock } from '../../../src/clock.js';
import { memoryReplayStore } from '../../../src/inbound/replay/memory-replay-store.js';
import { useOnce } from '../../../src/inbound/replay/replay.js';
import { authorize } from '../../../src/policy/policy.js';
import { NOW, trustedKey } from '../../support/forge.js';
import {
  authenticated,
  codeOf,
  createScene,
  faultOf,
  trustRecord,
  type Setting,
} from '../../support/scene.js';

const POST: Setting = {
  bound: true,
  request: { method: 'POST', url: '/user/', body: Buffer.from('{}') },
};

describe('a bound token on a write', () => {
  it('is for one request: the second is refused', async () => {
    const { verifier, request } = createScene(POST);
    const sent = request();
    await verifier.useOnce(await verifier.authenticate(sent));
    const again = await verifier.authenticate(sent);
    expect(await codeOf(verifier.useOnce(again))).toBe('token_replayed');
    expect(await codeOf(verifier.useOnce(again))).toBe('token_replayed');
  });

  it('is refused by the second replica where both share a store', async () => {
    const replayStore = memoryReplayStore({ clock: createFixedClock() });
    const setting = { ...POST, verifier: { replayStore } };
    const [one, two] = [createScene(setting), createScene(setting)];
    const sent = one.request();
    await one.verifier.useOnce(await one.verifier.authenticate(sent));
    const again = await two.verifier.authenticate(sent);
    expect(await codeOf(two.verifier.useOnce(again))).toBe('token_replayed');
  });

  it('is accepted once when it comes fifty times at once', async () => {
    const { verifier, request } = createScene(POST);
    const sent = request();
    const uses = Array.from({ length: 50 }, async () => verifier.useOnce(await verifier.authenticate(sent)));
    const results = await Promise.allSettled(uses);
    const refusals = results.filter((result) => result.status === 'rejected');
    expect(refusals).toHaveLength(49);
    for (const { reason } of refusals) expect(reason).toMatchObject({ code: 'token_replayed' });
  });

  it('is remembered over 1,001 other ones', async () => {
    const { verifier, accepted } = createScene(POST);
    const first = await accepted();
    await verifier.useOnce(first);
    for (let token = 0; token < 1001; token++) await verifier.useOnce(await accepted());
    expect(await codeOf(verifier.useOnce(first))).toBe('token_replayed');
  });

  it('is known by its issuer and its jti together', async () => {
    const gateway = 'https://gateway.service/';
    const key = trustedKey('EdDSA');
    const others = [trustRecord(key, { name: 'gateway', issuer: gateway })];
    const { verifier, accepted } = createScene({ ...POST, others });
    await verifier.useOnce(await accepted({ claims: { jti: 'same' } }));
    const header = { alg: 'EdDSA', kid: key.kid };
    const claims = { jti: 'same', iss: gateway, sub: gateway };
    await verifier.useOnce(await accepted({ claims, header, signedBy: key }));
    const third = await accepted({ claims: { jti: 'same', exp: NOW + 50 } });
    expect(await codeOf(verifier.useOnce(third))).toBe('token_replayed');
  });

  it('cannot be taken for another by an issuer and a jti that join to the same text', async () => {
    const { accepted } = createScene(POST);
    const keys = [];
    for (const jti of ['a","b', 'a', '"a"', 'a\\'])
      keys.push((await accepted({ claims: { jti } })).singleUse?.key);
    expect(new Set(keys).size).toBe(4);
  });

  it('that is refused for its scope is refused for its scope again: nothing was used up', async () => {
    const { verifier, request } = createScene(POST);
    const sent = request({ claims: { scope: 'user:read' } });
    const attempt = async () => {
      const authentication = await verifier.authenticate(sent);
      authorize(authentication.principal, [{ kind: 'scope', anyOf: ['user:write'] }]);
      await verifier.useOnce(authentication);
    };
    expect(await codeOf(attempt())).toBe('scope_missing');
    expect(await codeOf(attempt())).toBe('scope_missing');
  });

  it('is refused as replayed until it has expired, and as expired from then on', async () => {
    const { clock, verifier, request } = createScene(POST);
    const sent = request();
    const authentication = await verifier.authenticate(sent);
    expect(authentication.singleUse?.expiresAt).toBe(NOW + 60 + 30);
    await verifier.useOnce(authentication);
    clock.advance(89.999);
    expect(await codeOf(verifier.useOnce(await verifier.authenticate(sent)))).toBe('token_replayed');
    clock.advance(0.001);
    expect(await codeOf(authenticated(verifier, sent))).toBe('token_expired');
  });

  it('whose body comes so slowly that it expires meanwhile is refused: the store may have forgotten its first use', async () => {
    const { clock, verifier, request } = createScene(POST);
    const sent = request();
    const slow = await verifier.authenticate(sent);
    await verifier.useOnce(await verifier.authenticate(sent));
    clock.advance(89.999);
    expect(await codeOf(verifier.useOnce(slow))).toBe('token_replayed');
    clock.advance(0.001);
    expect(await codeOf(verifier.useOnce(slow))).toBe('token_expired');
    clock.advance(3600);
    expect(await codeOf(verifier.useOnce(slow))).toBe('token_expired');
  });

  it('is remembered a little longer than it is accepted, for stores that answer late', async () => {
    const remembered: number[] = [];
    const firstUse = (_key: string, expiresAt: number) => {
      remembered.push(expiresAt);
      return Promise.resolve(true);
    };
    const { verifier, accepted } = createScene({ ...POST, verifier: { replayStore: { firstUse } } });
    const authentication = await accepted();
    await verifier.useOnce(authentication);
    expect(authentication.singleUse?.expiresAt).toBe(NOW + 60 + 30);
    expect(remembered).toEqual([NOW + 60 + 30 + 10]);
  });

  it('is still known when the clock was set forward for a while', async () => {
    const { clock, verifier, request, accepted } = createScene(POST);
    const sent = request();
    await verifier.useOnce(await verifier.authenticate(sent));
    clock.set(NOW + 3600);
    // Long enough for the store to look for tokens that it may forget.
    clock.advance(5);
    await verifier.useOnce(await accepted({ claims: { iat: NOW + 3600, exp: NOW + 3660 } }));
    clock.set(NOW + 5);
    expect(await codeOf(verifier.useOnce(await verifier.authenticate(sent)))).toBe('token_replayed');
  });

  it('is still known when the clock was set back', async () => {
    const { clock, verifier, request } = createScene(POST);
    const sent = request();
    await verifier.useOnce(await verifier.authenticate(sent));
    clock.advance(80);
    clock.set(NOW);
    clock.advance(80);
    expect(await codeOf(verifier.useOnce(await verifier.authenticate(sent)))).toBe('token_replayed');
  });
});

describe('a token on a read, or one that is not bound', () => {
  it('may be used again', async () => {
    const read: Setting = { bound: true, request: { method: 'GET', url: '/user/21/' } };
    for (const setting of [{}, read]) {
      const { verifier, request } = createScene(setting);
      const sent = request();
      for (let time = 0; time < 3; time++) {
        const authentication = await verifier.authenticate(sent);
        expect(authentication.singleUse).toBeUndefined();
        await verifier.useOnce(authentication);
      }
    }
  });
});

describe('a replay store that fails', () => {
  const cause = new Error('connection refused');

  it.each([
    ['later', () => Promise.reject(cause)],
    [
      'at once',
      () => {
        throw cause;
      },
    ],
  ])('refuses the request and says that it is not the token’s fault: %s', async (_when, firstUse) => {
    const { verifier, accepted } = createScene({ ...POST, verifier: { replayStore: { firstUse } } });
    const fault = await faultOf(verifier.useOnce(await accepted()));
    expect(fault).toMatchObject({
      code: 'replay_store_unavailable',
      kind: 'unavailable',
      retryAfterSeconds: 1,
      cause,
    });
  });

  it.each([undefined, null, 0, 'OK', 1, {}])(
    'is not taken for a first use when it answers %j',
    async (answer) => {
      const { accepted } = createScene(POST);
      const authentication = await accepted();
      const store = { firstUse: () => Promise.resolve(answer as boolean) };
      expect(await codeOf(useOnce(authentication, store, NOW))).toMatch(
        /^(token_replayed|replay_store_unavailable)$/,
      );
    },
  );
});
