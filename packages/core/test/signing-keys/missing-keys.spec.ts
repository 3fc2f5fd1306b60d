import { createVerifier } from '../../src/inbound/verifier.js';
import { createAuthorizer, type Authorizer, type AuthorizerOptions } from '../../src/outbound/authorizer.js';
import { type TrustRecord } from '../../src/trust/trust-record.js';
import { authenticated, createScene, trustRecord } from '../support/scene.js';
import { SERVICE } from '../support/forge.js';
import { ours } from '../support/oauth-clients.js';
import { outboundCall } from '../support/service.js';

const WHAT_TO_WRITE =
  ', which signs with a key of this service: set keys: { directory: ".data/keys" } ' +
  '(without Nest, keyStore: await createKeyStore({ directory: ".data/keys" }))';

const called = { name: 'census', url: 'https://census.service/' };
const byService = { ...called, onBehalfOf: 'service' };
const authorizationServer = { issuer: 'https://login.example/', ...ours.client_secret_basic };
const maps = {
  name: 'maps',
  url: 'https://maps.example/',
  onBehalfOf: 'service',
  authorize: { header: 'X-Api-Key', value: 'key' },
};

function authorizerOf(...destinations: readonly object[]): Authorizer {
  const options: object = { service: 'https://herald.service/', destinations };
  return createAuthorizer(options as AuthorizerOptions);
}

function idp(introspection: object): TrustRecord {
  return { name: 'idp', issuer: 'https://login.example/', introspection } as TrustRecord;
}

describe('a service without keys of its own', () => {
  it('checks tokens', async () => {
    const verifier = createVerifier({ service: SERVICE, trust: [trustRecord()], clock: createScene().clock });
    await expect(authenticated(verifier, createScene().request())).resolves.toBeDefined();
  });

  it.each([
    ['without a token', { ...called, onBehalfOf: 'user', authorize: 'none' }],
    ['with the token that it got', { ...called, onBehalfOf: 'user', authorize: 'propagate' }],
    ['with the credential that it was given', maps],
    ['as a client with a secret', { ...byService, authorize: 'clientCredentials', authorizationServer }],
  ])('calls others %s', (_how, destination) => {
    const url = new URL(destination.url);
    expect(authorizerOf(destination).destinationOf(url)).toMatchObject({ name: destination.name });
  });

  it('sends a static credential', async () => {
    const call = outboundCall('https://maps.example/tiles');
    const { headers } = await authorizerOf(maps).authorize(call, undefined);
    expect(headers).toEqual([{ name: 'X-Api-Key', value: 'key' }]);
  });

  it('may be asked about nothing: an issuer is asked by a client secret', () => {
    expect(() => createVerifier({ service: SERVICE, trust: [idp(ours.client_secret_post)] })).not.toThrow();
  });

  it.each([
    ['mint', { ...called, onBehalfOf: 'user', authorize: 'mint' }, 'destinations[1].authorize is "mint"'],
    [
      'exchange',
      { ...called, onBehalfOf: 'user', authorize: 'exchange', authorizationServer },
      'destinations[1].authorize is "exchange"',
    ],
    [
      'private_key_jwt',
      {
        ...byService,
        authorize: 'clientCredentials',
        authorizationServer: { issuer: 'https://login.example/', ...ours.private_key_jwt },
      },
      'destinations[1].authorizationServer.clientAuthentication is "private_key_jwt"',
    ],
  ])(
    'does not come up with a destination that needs them, and says what to write: %s',
    (_what, record, where) => {
      expect(() => authorizerOf(maps)).not.toThrow();
      expect(() => authorizerOf(maps, record)).toThrow(TypeError);
      expect(() => authorizerOf(maps, record)).toThrow(where + WHAT_TO_WRITE);
    },
  );

  it('does not come up with an issuer that it must prove itself to, and says what to write', () => {
    const trust = [idp(ours.private_key_jwt)];
    expect(() => createVerifier({ service: SERVICE, trust })).toThrow(
      `trust[0].introspection.clientAuthentication is "private_key_jwt"${WHAT_TO_WRITE}`,
    );
  });
});
