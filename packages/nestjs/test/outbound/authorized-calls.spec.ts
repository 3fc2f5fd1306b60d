import { gzipSync } from 'node:zlib';
import axios from 'axios';
import { bodyHash } from '@countersign/core/adapter';
import { SERVICE, type Application } from '../support/application.js';
import { CLIENTS, type Call } from '../support/clients.js';
import { claimsOf, type CalledService } from '../support/called-service.js';
import { heraldAt, useCaller, type CallerOptions } from '../support/hooks/use-caller.js';

describe.each(CLIENTS)('a call by $name', (client) => {
  let called: CalledService;
  let elsewhere: CalledService;
  let census: Application;
  const audience = 'https://herald.service/';

  const options: CallerOptions = ({ called: { origin } }) => {
    const herald = { ...heraldAt(origin), audience, scopes: ['user:read'] };
    return {
      destinations: [
        herald,
        { ...herald, name: 'old', url: `${origin}/old/`, header: 'JWT' },
        { ...herald, name: 'open', url: `${origin}/open/`, authorize: 'none' },
        { ...herald, name: 'slow', url: `${origin}/never/`, timeoutMs: 50 },
        { ...herald, name: 'for-user', url: `${origin}/for-user/`, onBehalfOf: 'user' },
      ],
    };
  };
  useCaller({ options }, (started) => {
    ({ called, elsewhere, census } = started);
  });

  const to = (path: string) => new URL(path, called.origin).href;
  const request = async (call: Call) => (await client.send(census.nest, call)).status;

  /** Nothing was sent, and the refusal was recorded once. */
  async function expectRefused(call: Call, code: string): Promise<void> {
    await expect(request(call)).rejects.toMatchObject({ code });
    expect([...called.received, ...elsewhere.received]).toEqual([]);
    expect(census.decisions).toEqual([
      expect.objectContaining({ direction: 'outbound', decision: 'refused', code }),
    ]);
    census.decisions.length = 0;
  }

  it('carries a token for its destination, and is recorded', async () => {
    expect(await request({ url: to('/user/?a=b%20c') })).toBe(200);
    expect(called.received).toMatchObject([{ method: 'GET', url: '/user/?a=b%20c' }]);
    expect(claimsOf(called.received[0]!)).toMatchObject({
      iss: SERVICE,
      aud: audience,
      sub: SERVICE,
      scope: 'user:read',
    });
    expect(census.decisions).toEqual([
      expect.objectContaining({
        direction: 'outbound',
        decision: 'allowed',
        destination: 'herald',
        audience,
        bound: false,
      }),
    ]);
  });

  it('carries it in the header that the destination wants', async () => {
    await request({ url: to('/old/user') });
    expect(called.received[0]!.headers.authorization).toBeUndefined();
    expect(claimsOf(called.received[0]!)).toMatchObject({ aud: audience });
  });

  it('carries none where the destination wants none', async () => {
    await request({ url: to('/open/user') });
    const { headers } = called.received[0]!;
    expect([headers.authorization, headers['jwt']]).toEqual([undefined, undefined]);
    expect(census.decisions).toEqual([]);
  });

  const form = () => {
    const data = new FormData();
    data.set('name', 'A');
    data.set('file', new Blob(['content'], { type: 'text/plain' }), 'a.txt');
    return data;
  };

  it.each<[string, () => unknown, string | undefined]>([
    ['text', () => 'text', undefined],
    ['JSON text', () => '{"a": 1}', undefined],
    ['a Buffer', () => Buffer.from([0, 255]), undefined],
    ['bytes in the middle of a buffer', () => new Uint8Array([9, 1, 2, 9]).subarray(1, 3), undefined],
    ['an ArrayBuffer', () => new Uint8Array([1, 2]).buffer, undefined],
    ['a query string', () => new URLSearchParams({ a: 'b c' }), 'application/x-www-form-urlencoded'],
    ['a form with a file', form, 'multipart/form-data; boundary='],
    ['a Blob', () => new Blob(['{}'], { type: 'application/json' }), 'application/json'],
    ['compressed bytes', () => gzipSync('{}'), undefined],
    ['nothing', () => undefined, undefined],
  ])('is bound to its body when that is %s', async (_what, body, type) => {
    expect(await request({ url: to('/user/?b=1&a=2'), method: 'POST', body: body() })).toBe(200);
    const [sent] = called.received;
    expect(claimsOf(sent!)).toMatchObject({
      bdy: bodyHash(sent!.body),
      htm: 'POST',
      htu: 'https://herald.service/user/?b=1&a=2',
    });
    if (type !== undefined) expect(sent!.headers['content-type']).toContain(type);
    const content = body();
    if (typeof content === 'string') expect(sent!.body.toString()).toBe(content);
    // axios itself sends the whole buffer below a view; what it sends is what is signed.
    if (content instanceof Buffer) expect([...sent!.body]).toEqual([...content]);
    if (content instanceof FormData) expect(sent!.body.toString()).toContain('filename="a.txt"');
  });

  it('is bound to the path as it is sent, not as it was written', async () => {
    await request({ url: to('/a/../ü ser/%2F//x'), method: 'DELETE' });
    expect(claimsOf(called.received[0]!)).toMatchObject({
      htm: 'DELETE',
      htu: `https://herald.service${called.received[0]!.url}`,
    });
  });

  it('has its method in upper case, however it was written', async () => {
    await request({ url: to('/user/'), method: 'patch', body: 'x' });
    expect(called.received[0]!.method).toBe('PATCH');
    expect(claimsOf(called.received[0]!)).toMatchObject({ htm: 'PATCH' });
  });

  it('carries a token of its own when it is a write, and a shared one when it is a read', async () => {
    for (const method of ['POST', 'POST', 'GET', 'GET']) await request({ url: to('/user/'), method });
    const [first, second, third, fourth] = called.received.map((each) => claimsOf(each)['jti']);
    expect(first).not.toBe(second);
    expect(third).toBe(fourth);
    expect(census.decisions).toHaveLength(4);
  });

  it('is not sent to a destination that is not declared', async () => {
    await expectRefused({ url: new URL('/user/', elsewhere.origin).href }, 'destination_unknown');
  });

  it('is not sent for a user when there is none', async () => {
    await expectRefused({ url: to('/for-user/') }, 'user_context_missing');
  });

  describe.each(['Authorization', 'authorization', 'JWT', 'Delegation-Proof'])(
    'with a %s header',
    (header) => {
      const headers = { [header]: 'Bearer mine' };

      it('is not sent, wherever it goes', async () => {
        for (const path of ['/user/', '/open/user'])
          await expectRefused({ url: to(path), headers }, 'authorization_present');
      });

      it('carries ours in its place when it says so, and none where none is wanted', async () => {
        for (const path of ['/user/', '/old/user', '/open/user'])
          await request({ url: to(path), headers, overrideAuthorization: true });
        const sent = called.received.map(({ headers: { authorization, ...others } }) => [
          authorization?.slice(0, 10),
          others['jwt']?.slice(0, 3),
          others['delegation-proof'],
        ]);
        expect(sent).toEqual([
          ['Bearer eyJ', undefined, undefined],
          [undefined, 'eyJ', undefined],
          [undefined, undefined, undefined],
        ]);
      });
    },
  );

  it('is not sent with credentials in its URL', async () => {
    await expectRefused(
      { url: to('/user/').replace('http://', 'http://user:password@') },
      'authorization_present',
    );
  });

  it.each(['TRACE', 'trace', 'TRACK', 'CONNECT'])(
    'is not sent by %s, whose answer would hold the token or whose target is no path',
    async (method) => {
      for (const path of ['/user/', '/open/user'])
        await expectRefused({ url: to(path), method }, 'config_invalid');
    },
  );

  it.each([301, 302, 303, 307, 308])(
    'does not follow a redirect (%s), to wherever it leads',
    async (status) => {
      for (const target of [`${elsewhere.origin}/user/`, `${called.origin}/user/`]) {
        const call = { url: to(`/status/${String(status)}?to=${encodeURIComponent(target)}`) };
        await expect(request(call)).rejects.toMatchObject({ code: 'redirect_refused' });
      }
      expect(called.received).toHaveLength(2);
      expect(elsewhere.received).toEqual([]);
    },
  );

  it('hands on any other answer as it is', async () => {
    for (const status of [204, 304, 401, 404, 500]) {
      expect(await request({ url: to(`/status/${String(status)}?to=x`) })).toBe(status);
    }
  });

  it('waits no longer than its destination lets it', async () => {
    await expect(request({ url: to('/never/') })).rejects.toThrow(/time/i);
  });

  it('can be aborted by its caller', async () => {
    const controller = new AbortController();
    const sending = request({ url: to('/never/'), signal: controller.signal });
    setTimeout(() => controller.abort(), 5);
    await expect(sending).rejects.toThrow(/abort|cancel/i);
  });

  it('does not add its token to what others send in the same process', async () => {
    await request({ url: to('/user/') });
    called.received.length = 0;
    await axios.get(to('/user/'));
    await fetch(to('/user/'));
    expect(called.received.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });
});
