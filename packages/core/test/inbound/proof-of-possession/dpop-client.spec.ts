import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import {
  allowInsecureRequests,
  clientCredentialsGrantRequest,
  ClientSecretPost,
  DPoP,
  discoveryRequest,
  generateKeyPair,
  isDPoPNonceError,
  processClientCredentialsResponse,
  processDiscoveryResponse,
  protectedResourceRequest,
  type DPoPHandle,
} from 'oauth4webapi';
import { CountersignError } from '../../../src/errors.js';
import { createVerifier, type Verifier } from '../../../src/inbound/verifier.js';
import { emptyBody } from '../../../src/inbound/wire-body.js';
import { startProvider, type TestProvider } from '../../support/openid-provider.js';
import { authenticated } from '../../support/scene.js';

const insecure = { [allowInsecureRequests]: true };
const client = { client_id: 'web' };
const secret = 'secret of the application';
const web = {
  client_id: 'web',
  client_secret: secret,
  token_endpoint_auth_method: 'client_secret_post' as const,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  scope: 'user:read',
};

/** A service in plain Node: answers the code of the refusal, and what RFC 9449 asks to be sent with it. */
async function startService(verifierFor: (origin: string) => Verifier) {
  const server: Server = createServer((request, response) => {
    const { method = '', url = '', rawHeaders } = request;
    const body = () => emptyBody({ hashMd5: false }).hashes();
    authenticated(verifier, { method, url, rawHeaders, body })
      .then(async (authentication) => {
        await verifier.useOnce(authentication);
        response.end('accepted');
      })
      .catch((error: unknown) => {
        const { code, dpopNonce } =
          error instanceof CountersignError ? error : { code: 'unknown', dpopNonce: '' };
        if (dpopNonce !== undefined) response.setHeader('DPoP-Nonce', dpopNonce);
        const name = code === 'dpop_nonce_required' ? 'use_dpop_nonce' : 'invalid_token';
        response.writeHead(401, { 'www-authenticate': `DPoP error="${name}", algs="ES256"` }).end(code);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const verifier = verifierFor(origin);
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { origin, close };
}

describe('a client by another hand, with a token of a real provider', () => {
  let provider: TestProvider;
  let service: Awaited<ReturnType<typeof startService>>;
  let handle: DPoPHandle;

  beforeEach(async () => {
    provider = await startProvider({ clients: [web] });
    service = await startService((origin) =>
      createVerifier({
        service: `${origin}/`,
        trust: [
          {
            name: 'idp',
            issuer: provider.issuer,
            keys: { discovery: true },
            tokenType: 'at+jwt',
            algorithms: ['ES256'],
            scopes: ['user:read'],
            dpop: 'required',
          },
        ],
        dpop: { nonceSecret: 'a secret of more than thirty-two characters' },
      }),
    );
    handle = DPoP({}, await generateKeyPair('ES256'));
  });
  afterEach(async () => {
    await service.close();
    await provider.close();
  });

  async function boundToken(): Promise<string> {
    const issuer = new URL(provider.issuer);
    const server = await processDiscoveryResponse(issuer, await discoveryRequest(issuer, insecure));
    const parameters = { resource: `${service.origin}/`, scope: 'user:read' };
    const how = { ...insecure, DPoP: handle };
    const authentication = ClientSecretPost(secret);
    const answer = await clientCredentialsGrantRequest(server, client, authentication, parameters, how);
    const granted = await processClientCredentialsResponse(server, client, answer);
    expect(granted.token_type).toBe('dpop');
    return granted.access_token;
  }

  it('is asked for a nonce, and accepted with it', async () => {
    const token = await boundToken();
    const call = async (dpop?: DPoPHandle) =>
      protectedResourceRequest(
        token,
        'GET',
        new URL(`${service.origin}/user/21/?fields=name`),
        undefined,
        null,
        {
          ...insecure,
          ...(dpop !== undefined && { DPoP: dpop }),
        },
      );
    const asked = await call(handle).catch((error: unknown) => error);
    expect(isDPoPNonceError(asked)).toBe(true);
    const accepted = await call(handle);
    expect(await accepted.text()).toBe('accepted');
    expect(await (await call(handle)).text()).toBe('accepted');
  });

  it('is refused with the token alone', async () => {
    const headers = { authorization: `Bearer ${await boundToken()}` };
    const refused = await fetch(`${service.origin}/user/21/`, { headers });
    expect([refused.status, await refused.text()]).toEqual([401, 'dpop_proof_missing']);
  });

  it('is refused with the key of another client', async () => {
    const token = await boundToken();
    const thief = DPoP({}, await generateKeyPair('ES256'));
    const call = protectedResourceRequest(
      token,
      'GET',
      new URL(`${service.origin}/user/21/`),
      undefined,
      null,
      {
        ...insecure,
        DPoP: thief,
      },
    );
    await expect(call).rejects.toMatchObject({
      status: 401,
      cause: [{ parameters: { error: 'invalid_token' } }],
    });
  });
});
