import { createFixedClock } from '../../../src/clock.js';
import { createVerifier } from '../../../src/inbound/verifier.js';
import { type ClientAuthentication } from '../../../src/oauth/oauth-client.js';
import { type TrustRecord } from '../../../src/trust/trust-record.js';
import { SERVICE } from '../../support/forge.js';
import { keyStore, ours, registered } from '../../support/oauth-clients.js';
import { startProvider, type TestProvider } from '../../support/openid-provider.js';
import { authenticated, codeOf, inboundRequest } from '../../support/scene.js';

/** The application that calls us. */
const web = {
  client_id: 'web',
  client_secret: 'secret of the application',
  token_endpoint_auth_method: 'client_secret_post' as const,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  scope: 'user:read user:write',
};

describe('the opaque tokens of a real provider', () => {
  let provider: TestProvider;

  beforeEach(async () => {
    provider = await startProvider({ clients: [...registered, web], opaqueTokens: true });
  });
  afterEach(() => provider.close());

  async function post(path: string, parameters: Readonly<Record<string, string>>): Promise<Response> {
    const { client_id, client_secret } = web;
    const body = new URLSearchParams({ client_id, client_secret, ...parameters });
    return fetch(`${provider.issuer}${path}`, { method: 'POST', body });
  }

  async function tokenFor(resource: string): Promise<string> {
    const answer = await post('/token', {
      grant_type: 'client_credentials',
      resource,
      scope: 'user:read user:write',
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    return access_token;
  }

  function census(
    authentication: ClientAuthentication = 'private_key_jwt',
    changes: Partial<TrustRecord> = {},
  ) {
    const clock = createFixedClock(Date.now() / 1000);
    const verifier = createVerifier({
      service: SERVICE,
      clock,
      keyStore,
      trust: [
        {
          name: 'idp',
          issuer: provider.issuer,
          scopes: ['user:read'],
          introspection: ours[authentication],
          claims: { optional: ['sub'] },
          ...changes,
        },
      ],
    });
    const send = (token: string) =>
      authenticated(verifier, inboundRequest({ method: 'GET', url: '/', body: new Uint8Array() }, token));
    return { clock, send };
  }

  it.each<ClientAuthentication>(['private_key_jwt', 'client_secret_basic', 'client_secret_post'])(
    'are accepted when it says so to us, who prove ourselves by %s',
    async (authentication) => {
      const token = await tokenFor(SERVICE);
      expect(token).not.toContain('.');
      const { principal } = await census(authentication).send(token);
      expect(principal).toMatchObject({ client: 'web', subject: undefined, subjectKind: 'service' });
      expect([...principal.scopes]).toEqual(['user:read']);
    },
  );

  it('are refused within ten seconds of being revoked', async () => {
    const token = await tokenFor(SERVICE);
    const { clock, send } = census();
    await send(token);
    expect((await post('/token/revocation', { token })).status).toBe(200);
    clock.advance(10);
    expect(await codeOf(send(token))).toBe('token_inactive');
  });

  it('are refused when they are for another service, made up, or another client asked', async () => {
    expect(await codeOf(census().send(await tokenFor('https://herald.service/')))).toBe('audience_mismatch');
    expect(await codeOf(census().send('made-up'))).toBe('token_inactive');
    const other = census('private_key_jwt', { clients: ['mobile'] });
    expect(await codeOf(other.send(await tokenFor(SERVICE)))).toBe('client_not_allowed');
  });

  it('cannot be judged while it is down', async () => {
    const token = await tokenFor(SERVICE);
    await provider.close();
    expect(await codeOf(census().send(token))).toBe('introspection_unavailable');
  });

  it('cannot be judged when it does not know us', async () => {
    const { send } = census('client_secret_basic', {
      introspection: { ...ours.client_secret_basic, clientSecret: 'another' },
    });
    expect(await codeOf(send(await tokenFor(SERVICE)))).toBe('introspection_unavailable');
  });
});
