import { createVerifier } from '../../../src/inbound/verifier.js';
import { createAuthorizer } from '../../../src/outbound/authorizer.js';
import { type TrustRecord } from '../../../src/trust/trust-record.js';
import { type AuthorizationServerRecord } from '../../../src/oauth/authorization-server.js';
import {
  saying,
  startIntrospectionServer,
  type IntrospectionServer,
} from '../../support/introspection-server.js';
import { startMisbehavingServer, type MisbehavingServer } from '../../support/misbehaving-server.js';
import { CENSUS, HERALD, keyStore } from '../../support/oauth-clients.js';
import { inboundRequest } from '../../support/scene.js';
import { outboundCall } from '../../support/service.js';
import { createSigningKey } from '../../support/signing-key.js';

const ELSEWHERE = 'https://elsewhere.example/';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

const keys = { idp: await createSigningKey(), elsewhere: await createSigningKey() };
let server: MisbehavingServer;
let introspection: IntrospectionServer;

beforeEach(async () => {
  server = await startMisbehavingServer();
  introspection = await startIntrospectionServer();
});
afterEach(async () => {
  await introspection.close();
  await server.stop();
});

function claimsOf(issuer: string) {
  const iat = Math.floor(Date.now() / 1000);
  const times = { iat, exp: iat + 60 };
  return {
    iss: issuer,
    aud: HERALD,
    sub: 'user-1',
    client_id: 'web',
    jti: 'jti-1',
    scope: 'user:read',
    ...times,
  };
}

/** Herald is called with a token, and has it exchanged: under which name it gets to the server. */
async function typeOf(
  token: string,
  options: Partial<AuthorizationServerRecord> = {},
): Promise<string | null> {
  const jwts = (name: keyof typeof keys, issuer: string): TrustRecord => ({
    name,
    issuer,
    keys: { jwks: { keys: [keys[name].publicJwk] } },
    algorithms: ['ES256'],
    tokenType: 'at+jwt',
    scopes: ['user:read'],
  });
  const client = {
    clientId: 'herald',
    clientAuthentication: 'client_secret_basic',
    clientSecret: 'x',
  } as const;
  const opaque = { endpoint: introspection.endpoint, ...client };
  const verifier = createVerifier({
    service: HERALD,
    trust: [
      jwts('idp', server.issuer),
      jwts('elsewhere', ELSEWHERE),
      { name: 'opaque', issuer: 'https://opaque.example/', scopes: ['user:read'], introspection: opaque },
    ],
  });
  const authorizer = createAuthorizer({
    service: HERALD,
    keyStore,
    destinations: [
      {
        name: 'census',
        url: 'http://127.0.0.1:4001/',
        audience: CENSUS,
        onBehalfOf: 'user',
        authorize: 'exchange',
        authorizationServer: { issuer: server.issuer, ...client, ...options },
      },
    ],
  });
  const request = inboundRequest({ method: 'GET', url: '/', body: new Uint8Array() }, token);
  await authorizer.authorize(outboundCall('http://127.0.0.1:4001/'), await verifier.authenticate(request));
  const sent = new URLSearchParams(server.lastRequest());
  expect([sent.get('subject_token'), sent.get('actor_token_type')]).toEqual([token, JWT]);
  return sent.get('subject_token_type');
}

const fromServer = () => keys.idp.token(claimsOf(server.issuer), { typ: 'at+jwt' });
const fromElsewhere = () => keys.elsewhere.token(claimsOf(ELSEWHERE), { typ: 'at+jwt' });

describe('the token that is exchanged is called', () => {
  it('an access token where the server that is asked has issued it', async () => {
    expect(await typeOf(await fromServer())).toBe(ACCESS_TOKEN);
  });

  it('a JWT where another server has issued it', async () => {
    expect(await typeOf(await fromElsewhere())).toBe(JWT);
  });

  it.each(['opaque-token-1', 'opaque.token-1'])(
    'an access token where it is opaque, and so no JWT: %s',
    async (token) => {
      introspection.answer = saying({
        active: true,
        token_type: 'Bearer',
        ...claimsOf('https://opaque.example/'),
      });
      expect(await typeOf(token)).toBe(ACCESS_TOKEN);
    },
  );

  it('what the record of the server says, where it says it', async () => {
    expect(await typeOf(await fromServer(), { subjectTokenType: 'jwt' })).toBe(JWT);
    expect(await typeOf(await fromElsewhere(), { subjectTokenType: 'access_token' })).toBe(ACCESS_TOKEN);
  });
});
