import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo } from 'node:net';
import { authenticated, createCountersign, useToken, type ServiceOptions } from '../../src/http.js';
import { createKeyStore } from '../../src/key-store/create-key-store.js';
import { signToken } from '../../src/signing-keys/sign-token.js';
import { createSigningKey, type SigningKey } from '../support/signing-key.js';

const CENSUS = 'https://census.service/';
const HERALD = 'https://herald.service/';
let key: SigningKey;

beforeAll(async () => {
  key = await createSigningKey();
});

async function token(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const whole = {
    iss: HERALD,
    aud: CENSUS,
    sub: HERALD,
    iat: now,
    exp: now + 60,
    jti: String(Math.random()),
  };
  const keyStore = await createKeyStore({ privateKeys: [key.privateJwk] });
  return signToken({ ...whole, ...claims }, 'svc+jwt', keyStore.signer());
}

/** Starts census on plain Node, and says what it answers. */
async function answerOf(
  options: Partial<ServiceOptions>,
  init: RequestInit & { readonly path?: string },
  before: (request: IncomingMessage) => void = () => undefined,
): Promise<Response> {
  const silent = () => undefined;
  const countersign = await createCountersign({
    service: CENSUS,
    trust: [{ name: 'herald', issuer: HERALD, keys: { jwks: { keys: [key.publicJwk] } } }],
    keys: { privateKeys: [key.privateJwk] },
    logger: { info: silent, warn: silent, error: silent },
    resourceMetadata: true,
    ...options,
  });
  const handle = countersign.handle(authenticated(), (_request, response) => response.end('handled'));
  const server = createServer((request, response) => {
    before(request);
    handle(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { path = '/order', ...rest } = init;
    const answer = await fetch(
      `http://127.0.0.1:${String((server.address() as AddressInfo).port)}${path}`,
      rest,
    );
    await answer.clone().arrayBuffer();
    return answer;
  } finally {
    server.closeAllConnections();
    server.close();
    await countersign.close();
  }
}

describe('a service on plain Node', () => {
  it('takes the token from the header that it names, and answers in its scheme', async () => {
    const tokenHeaders = ['X-Token'];
    const sent = (name: string, value: string) => answerOf({ tokenHeaders }, { headers: { [name]: value } });
    expect((await sent('x-token', await token())).status).toBe(200);
    expect((await sent('authorization', `Bearer ${await token()}`)).status).toBe(401);
    const refused = await sent('x-token', `DPoP ${await token({ aud: 'https://other.service/' })}`);
    expect([refused.status, refused.headers.get('www-authenticate')?.slice(0, 5)]).toEqual([401, 'DPoP ']);
  });

  it('refuses to be told a token before it has seen the request', async () => {
    const value = await token();
    let code: unknown;
    const answer = await answerOf({}, {}, (request) => {
      try {
        useToken(request, value);
      } catch (error) {
        code = Reflect.get(Object(error) as object, 'code');
      }
    });
    expect([answer.status, code]).toEqual([401, 'config_invalid']);
  });

  it('is called under its public URL: writes, challenges and documents', async () => {
    const publicUrl = 'https://api.example/shop/';
    const htm = 'POST';
    const bdy = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';
    const write = async (htu: string) =>
      answerOf(
        { publicUrl },
        { method: htm, headers: { authorization: `Bearer ${await token({ htm, htu, bdy })}` } },
      );
    expect((await write('https://census.service/shop/order')).status).toBe(200);
    expect((await write('https://census.service/order')).status).toBe(401);
    const refused = await answerOf({ publicUrl }, {});
    expect(refused.headers.get('www-authenticate')).toContain(
      'resource_metadata="https://api.example/shop/.well-known/oauth-protected-resource"',
    );
    const described = await answerOf({ publicUrl }, { path: '/.well-known/oauth-protected-resource' });
    expect(await described.json()).toMatchObject({
      resource: CENSUS,
      jwks_uri: 'https://api.example/shop/.well-known/jwks.json',
    });
  });
});
