import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { createVerifier, emptyBody } from '@countersign/core';
import { createFixedClock, TestIssuer } from '@countersign/testing';
import { createLocalJWKSet, jwtVerify } from 'jose';

/** What a server sees of a request to a URL with that rest. */
async function requestLineOf(rest: string): Promise<string> {
  const server = createServer((request, response) => response.end(request.url)).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${String(port)}${rest.replace(/^:\d+/, '')}`;
    return await (await fetch(url)).text();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const audience = 'https://census.service/';

describe('TestIssuer', () => {
  let herald: TestIssuer;

  beforeAll(async () => {
    herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  });
  afterAll(() => herald.close());

  const get = (token: string) => ({
    method: 'GET',
    url: '/user/42/',
    rawHeaders: ['Authorization', `Bearer ${token}`],
    body: () => emptyBody({ hashMd5: false }).hashes(),
  });

  it('signs tokens that a verifier with its trust record accepts', async () => {
    const verifier = createVerifier({
      service: audience,
      trust: [herald.trustRecord({ scopes: ['user:read'] })],
    });
    const token = await herald.token({ audience, claims: { scope: 'user:read user:write' } });
    const { principal } = await verifier.authenticate(get(token));
    expect(principal).toMatchObject({
      subject: herald.issuer,
      subjectKind: 'service',
      caller: { name: 'herald' },
    });
    expect([...principal.scopes]).toEqual(['user:read']);
    expect(herald.keyRequests).toBe(1);
  });

  it('binds a token to a method, a path with its query, and a body', async () => {
    const token = await herald.token({
      audience,
      bind: { method: 'POST', url: 'http://127.0.0.1:4001/user/?a=b', body: '{}' },
    });
    const { payload } = await jwtVerify(
      token,
      createLocalJWKSet({ keys: [...herald.keyStore.publicKeys().keys] }),
      {
        audience,
        typ: 'svc+jwt',
      },
    );
    expect(payload).toMatchObject({
      htm: 'POST',
      htu: 'https://census.service/user/?a=b',
      bdy: 'RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o',
    });
  });

  it.each([
    ['has no path', ''],
    ['names the default port', ':80/user'],
    ['has a query and no path', '?a=b'],
    ['has a fragment', '/user?a=b#c'],
    ['is not normalised', '/user/../user/ä?a=b c'],
  ])('binds a token to what a client sends of a whole URL that %s', async (_what, rest) => {
    const sent = await requestLineOf(rest);
    const bind = { method: 'GET', url: `http://census.service${rest}` };
    const verifier = createVerifier({ service: audience, trust: [herald.trustRecord()] });
    const request = get(await herald.token({ audience, bind }));
    await expect(verifier.authenticate({ ...request, url: sent })).resolves.toBeDefined();
    await expect(verifier.authenticate({ ...request, url: `${sent}x` })).rejects.toMatchObject({
      code: 'binding_mismatch',
    });
  });

  it('leaves out a claim or a header parameter that is undefined', async () => {
    const token = await herald.token({ audience, claims: { jti: undefined }, header: { kid: undefined } });
    const [header, claims] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    expect(header).not.toContain('kid');
    expect(claims).not.toContain('jti');
  });

  it('issues by the clock that it is given', async () => {
    const clock = createFixedClock();
    const idp = await TestIssuer.start({ issuer: 'https://idp.service/', clock });
    try {
      clock.advance(10);
      const claims = Buffer.from((await idp.token({ audience })).split('.')[1]!, 'base64url').toString();
      expect(JSON.parse(claims)).toMatchObject({ iat: clock.now(), exp: clock.now() + 60 });
    } finally {
      await idp.close();
    }
  });
});
