import { decodeJwt, decodeProtectedHeader } from 'jose';
import { systemClock } from '../../src/clock.js';
import { createKeyStore } from '../../src/key-store/create-key-store.js';
import { type AuthorizationServerRecord } from '../../src/oauth/authorization-server.js';
import { HERALD, heraldOf, keyStore, ours, registered } from '../support/oauth-clients.js';
import { startProvider, type TestProvider } from '../support/openid-provider.js';
import { codeOf } from '../support/scene.js';
import { outboundCall } from '../support/service.js';
import { createSigningKey } from '../support/signing-key.js';

const running: TestProvider[] = [];

async function start(): Promise<TestProvider> {
  const provider = await startProvider({ clients: registered });
  running.push(provider);
  return provider;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((provider) => provider.close()));
});

const call = outboundCall('http://127.0.0.1:4001/user/21/');

describe('the client assertion', () => {
  async function assertionAt(changes: Partial<AuthorizationServerRecord> = {}) {
    const provider = await start();
    const server = { issuer: provider.issuer, ...ours.private_key_jwt, ...changes };
    const outcome = await heraldOf(server)
      .authorize(call, undefined)
      .then(
        () => 'granted',
        () => 'refused',
      );
    const assertion = provider.tokenRequests[0]?.parameters.get('client_assertion') ?? '';
    return { provider, outcome, header: decodeProtectedHeader(assertion), claims: decodeJwt(assertion) };
  }

  it('names the issuer of the server as its only audience, and says by its type what it is for', async () => {
    const { provider, outcome, header, claims } = await assertionAt();
    expect(outcome).toBe('granted');
    expect(header).toEqual({ alg: 'ES256', kid: keyStore.signer().keyId, typ: 'client-authentication+jwt' });
    expect(claims).toEqual({
      iss: HERALD,
      sub: HERALD,
      aud: provider.issuer,
      iat: expect.any(Number),
      exp: claims.iat! + 60,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(provider.assertions).toEqual([{ header, claims }]);
  });

  it('names the issuer exactly as it is written, also when there is no metadata to read it from', async () => {
    const provider = await start();
    const tokenEndpoint = `${provider.issuer}/token`;
    await heraldOf({ issuer: provider.issuer, tokenEndpoint, ...ours.private_key_jwt }).authorize(
      call,
      undefined,
    );
    expect(provider.assertions.map(({ claims }) => claims.aud)).toEqual([provider.issuer]);
  });

  it('to the token endpoint is for legacy servers, by name; a strict one refuses it', async () => {
    const { provider, outcome, claims } = await assertionAt({
      assertionAudience: 'tokenEndpointForLegacyServers',
    });
    expect([claims.aud, outcome]).toEqual([`${provider.issuer}/token`, 'refused']);
  });

  it('is a new one for each request', async () => {
    const provider = await start();
    const both = ['user:read', 'user:write'];
    const herald = heraldOf({ issuer: provider.issuer, ...ours.private_key_jwt }, both);
    for (const scopes of [['user:read'], ['user:write'], both])
      await herald.authorize(call, undefined, { scopes });
    expect(new Set(provider.assertions.map(({ claims }) => claims.jti)).size).toBe(3);
    expect(systemClock.now() - provider.assertions[0]!.claims.iat!).toBeLessThan(30);
  });

  it('by a key that the server does not know gets no token', async () => {
    const provider = await start();
    const stranger = await createKeyStore({ privateKeys: [(await createSigningKey()).privateJwk] });
    const herald = heraldOf({ issuer: provider.issuer, ...ours.private_key_jwt }, ['user:read'], stranger);
    expect(await codeOf(herald.authorize(call, undefined))).toBe('token_unavailable');
  });
});
