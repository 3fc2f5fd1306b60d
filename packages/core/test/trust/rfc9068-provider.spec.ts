import { createFixedClock } from '../../src/clock.js';
import { type FaultCode } from '../../src/errors.js';
import { createVerifier } from '../../src/inbound/verifier.js';
import { type Authentication } from '../../src/principal.js';
import { type TrustRecord } from '../../src/trust/trust-record.js';
import { LOGGED_IN, startProvider, type TestProvider } from '../support/openid-provider.js';
import { authenticated, codeOf, inboundRequest } from '../support/scene.js';

const SERVICE = 'https://order.service/';

/** The application that calls us. */
const web = {
  client_id: 'web',
  client_secret: 'secret of the application',
  token_endpoint_auth_method: 'client_secret_post' as const,
  grant_types: ['client_credentials', LOGGED_IN],
  redirect_uris: [],
  response_types: [],
  scope: 'user:read user:write',
};

const FOR_ITSELF = { grant_type: 'client_credentials' };
const FOR_USER = { grant_type: LOGGED_IN, account: 'user-21' };

let provider: TestProvider;

afterEach(() => provider.close());

describe('a record of a name, an issuer and `claims: "rfc9068"`, with a real provider', () => {
  beforeEach(async () => {
    provider = await startProvider({ clients: [web], algorithm: 'RS256' });
  });

  it('accepts the token of a user, by keys that the metadata of the provider leads to', async () => {
    const { principal } = await authenticate(await tokenOf(FOR_USER));
    expect(principal).toMatchObject({ subject: 'user-21', client: 'web', subjectKind: 'user' });
    expect(principal.caller.name).toBe('login');
    expect([...principal.scopes]).toEqual(['user:read']);
    expect(provider.paths).toContain('/jwks');
  });

  it('takes a client that speaks for itself for no user', async () => {
    const { principal } = await authenticate(await tokenOf(FOR_ITSELF));
    expect(principal).toMatchObject({ subject: 'web', client: 'web', subjectKind: 'service' });
  });

  it.each<[string, Partial<TrustRecord>, FaultCode]>([
    ['of another type than the record says', { tokenType: 'JWT' }, 'token_type_not_allowed'],
    ['by another algorithm than the record says', { algorithms: ['ES256'] }, 'algorithm_not_allowed'],
    ['of a client that the record does not list', { clients: ['mobile'] }, 'client_not_allowed'],
    ['of another issuer', { issuer: 'https://login.example/' }, 'issuer_untrusted'],
  ])('refuses a token %s', async (_what, changes, code) => {
    const token = await tokenOf(FOR_USER);
    await authenticate(token);
    expect(await codeOf(authenticate(token, changes))).toBe(code);
  });

  it('refuses a token for another service', async () => {
    const token = await tokenOf(FOR_USER, 'https://census.service/');
    expect(await codeOf(authenticate(token))).toBe('audience_mismatch');
  });
});

it('a provider that signs with ES256 is trusted by a record that says so, and by no other', async () => {
  provider = await startProvider({ clients: [web] });
  const token = await tokenOf(FOR_USER);
  expect(await codeOf(authenticate(token))).toBe('algorithm_not_allowed');
  const { principal } = await authenticate(token, { algorithms: ['ES256'] });
  expect(principal.subject).toBe('user-21');
});

function authenticate(token: string, changes: Partial<TrustRecord> = {}): Promise<Authentication> {
  const record = {
    name: 'login',
    issuer: provider.issuer,
    claims: 'rfc9068',
    scopes: ['user:read'],
  } as const;
  const verifier = createVerifier({
    service: SERVICE,
    clock: createFixedClock(Date.now() / 1000),
    trust: [{ ...record, ...changes }],
  });
  return authenticated(
    verifier,
    inboundRequest({ method: 'GET', url: '/order/', body: new Uint8Array() }, token),
  );
}

async function tokenOf(grant: Readonly<Record<string, string>>, resource = SERVICE): Promise<string> {
  const { client_id, client_secret } = web;
  const body = new URLSearchParams({
    client_id,
    client_secret,
    resource,
    scope: 'user:read user:write',
    ...grant,
  });
  const answer = await fetch(`${provider.issuer}/token`, { method: 'POST', body });
  const { access_token } = (await answer.json()) as { access_token: string };
  return access_token;
}
