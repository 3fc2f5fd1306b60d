import { createFixedClock, type FixedClock } from '../../../src/clock.js';
import { type FaultCode } from '../../../src/errors.js';
import { createVerifier, type Verifier } from '../../../src/inbound/verifier.js';
import { type IntrospectionRecord } from '../../../src/trust/introspection-record.js';
import { type TrustRecord } from '../../../src/trust/trust-record.js';
import { type Claims } from '../../../src/token.js';
import { dpopHeaders, boundTo, clientKey } from '../../support/dpop.js';
import { NOW, SERVICE } from '../../support/forge.js';
import {
  saying,
  startIntrospectionServer,
  type IntrospectionServer,
} from '../../support/introspection-server.js';
import { authenticated, codeOf, faultOf, inboundRequest } from '../../support/scene.js';

const IDP = 'https://idp.example/';
const SECRET = 'secretOfCensus';

const good = {
  active: true,
  token_type: 'Bearer',
  iss: IDP,
  aud: SERVICE,
  sub: 'user-1',
  client_id: 'web',
  scope: 'user:read user:write',
  iat: NOW,
  exp: NOW + 600,
};

let server: IntrospectionServer;
let clock: FixedClock;
let verifier: Verifier;

function verifierFor(
  introspection: Partial<IntrospectionRecord> = {},
  changes: Partial<TrustRecord> = {},
): Verifier {
  return createVerifier({
    service: SERVICE,
    clock,
    trust: [
      {
        name: 'idp',
        issuer: IDP,
        scopes: ['user:read'],
        introspection: {
          endpoint: server.endpoint,
          clientId: 'census',
          clientAuthentication: 'client_secret_basic',
          clientSecret: SECRET,
          ...introspection,
        },
        ...changes,
      },
    ],
  });
}

beforeEach(async () => {
  server = await startIntrospectionServer();
  server.answer = saying(good);
  clock = createFixedClock();
  verifier = verifierFor();
});
afterEach(() => server.close());

const send = (token = 'opaque-token-1', asked = verifier) =>
  authenticated(asked, inboundRequest({ method: 'GET', url: '/user/21/', body: new Uint8Array() }, token));

describe('an opaque token', () => {
  it('is what its issuer says it is', async () => {
    const { principal, keyId } = await send();
    expect(principal).toMatchObject({
      subject: 'user-1',
      client: 'web',
      subjectKind: 'user',
      expiresAt: NOW + 600,
    });
    expect([...principal.scopes]).toEqual(['user:read']);
    expect(keyId).toBe('introspection');
    const [question] = server.questions;
    expect(question?.authorization).toBe(`Basic ${Buffer.from(`census:${SECRET}`).toString('base64')}`);
    expect(Object.fromEntries(question!.form)).toEqual({
      token: 'opaque-token-1',
      token_type_hint: 'access_token',
    });
  });

  it.each<[string, Claims, FaultCode]>([
    ['is not active', { active: false }, 'token_inactive'],
    ['is a refresh token', { token_type: undefined }, 'token_inactive'],
    ['is of another type', { token_type: 'N_A' }, 'token_inactive'],
    ['is of another issuer', { iss: 'https://evil.example/' }, 'claim_invalid'],
    ['is for another service', { aud: 'https://herald.service/' }, 'audience_mismatch'],
    ['is for nobody in particular', { aud: undefined }, 'audience_mismatch'],
    ['expired', { iat: NOW - 600, exp: NOW - 30 }, 'token_expired'],
    ['never expires', { exp: undefined }, 'claim_missing'],
    ['lives too long', { exp: NOW + 3601 }, 'lifetime_too_long'],
    ['is not valid yet', { nbf: NOW + 31 }, 'token_not_yet_valid'],
    ['was issued in the future', { iat: NOW + 31 }, 'token_issued_in_future'],
    ['was issued at no time', { iat: undefined }, 'claim_missing'],
    ['is of no user', { sub: undefined }, 'claim_missing'],
    ['is of no client', { client_id: undefined }, 'claim_missing'],
    ['has scopes that are none', { scope: 7 }, 'claim_invalid'],
    ['expires in words', { exp: String(NOW + 600) }, 'claim_invalid'],
    ['is bound to a key', boundTo(clientKey), 'dpop_proof_missing'],
    ['is bound in another way', { cnf: { kid: '1' } }, 'binding_not_supported'],
    ['is bound to a key, and not to which', { token_type: 'dPoP' }, 'token_not_bound'],
  ])('is refused when its issuer says that it %s', async (_what, changes, code) => {
    await send('another');
    server.answer = saying({ ...good, ...changes });
    expect(await codeOf(send())).toBe(code);
  });

  it('that is bound to a key is accepted with its proof', async () => {
    server.answer = saying({ ...good, token_type: 'DPoP', ...boundTo(clientKey) });
    const parts = { method: 'GET', url: '/user/21/', body: new Uint8Array(), rawHeaders: dpopHeaders() };
    await expect(authenticated(verifier, inboundRequest(parts, 'opaque'))).resolves.toBeDefined();
  });

  it('may be of a client that has no user, where the record says so', async () => {
    server.answer = saying({ ...good, sub: undefined });
    const { principal } = await send('opaque', verifierFor({}, { claims: { optional: ['sub'] } }));
    expect(principal).toMatchObject({ subject: undefined, subjectKind: 'service', client: 'web' });
  });

  it('is malformed where no record is asked', async () => {
    const keys = { jwksUri: 'https://idp.example/jwks' };
    const trust = [{ name: 'idp', issuer: IDP, keys, tokenType: 'at+jwt', algorithms: ['ES256'] as const }];
    expect(await codeOf(send('opaque', createVerifier({ service: SERVICE, trust })))).toBe('token_malformed');
    expect(server.questions).toHaveLength(0);
  });

  it('is refused unasked when it is too large', async () => {
    expect(await codeOf(send('x'.repeat(8193)))).toBe('token_too_large');
    expect(server.questions).toHaveLength(0);
  });

  it('is the only kind that an issuer without keys has', async () => {
    const claims = Buffer.from(JSON.stringify({ iss: IDP })).toString('base64url');
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt' })).toString('base64url');
    expect(await codeOf(send(`${header}.${claims}.AAAA`))).toBe('algorithm_not_allowed');
  });

  it('of an issuer that is trusted for proofs only is not accepted', async () => {
    expect(await codeOf(send('opaque', verifierFor({}, { proofOnly: true })))).toBe('token_malformed');
  });
});

describe('what an issuer said', () => {
  it('holds for ten seconds, and then it is asked again', async () => {
    await send();
    clock.advance(9.9);
    await send();
    expect(server.questions).toHaveLength(1);
    server.answer = saying({ active: false });
    clock.advance(0.1);
    expect(await codeOf(send())).toBe('token_inactive');
    expect(server.questions).toHaveLength(2);
  });

  it('holds for two seconds when the token is not active', async () => {
    server.answer = saying({ active: false });
    expect(await codeOf(send())).toBe('token_inactive');
    server.answer = saying(good);
    clock.advance(1.9);
    expect(await codeOf(send())).toBe('token_inactive');
    expect(server.questions).toHaveLength(1);
    clock.advance(0.1);
    await send();
    expect(server.questions).toHaveLength(2);
  });

  it('does not outlive the token', async () => {
    server.answer = saying({ ...good, exp: NOW + 5 });
    await send('short', verifierFor({}, { clockToleranceSeconds: 0 }));
    const strict = verifierFor({}, { clockToleranceSeconds: 0 });
    await send('short', strict);
    clock.advance(5);
    expect(await codeOf(send('short', strict))).toBe('token_expired');
  });

  it('is asked for every time where the record says 0', async () => {
    const never = verifierFor({ cacheSeconds: 0 });
    await send('opaque', never);
    await send('opaque', never);
    expect(server.questions).toHaveLength(2);
  });

  it('is asked for once for fifty requests with one token, and never mixed up', async () => {
    const principals = await Promise.all(Array.from({ length: 50 }, () => send()));
    expect(principals).toHaveLength(50);
    expect(server.questions).toHaveLength(1);
    server.answer = (response, { form }) =>
      saying({ ...good, sub: form.get('token') })(response, server.questions[0]!);
    const tokens = Array.from({ length: 50 }, (_, index) => `token-${String(index)}`);
    const subjects = await Promise.all(tokens.map(async (token) => (await send(token)).principal.subject));
    expect(subjects).toEqual(tokens);
  });

  it('about made-up tokens drives no good one out', async () => {
    const slow = verifierFor({ cacheSeconds: 60 });
    await send('good', slow);
    server.answer = saying({ active: false });
    for (let batch = 0; batch < 11; batch++) {
      const garbage = Array.from({ length: 50 }, (_, index) => `made-up-${String(batch * 50 + index)}`);
      await Promise.all(garbage.map((token) => codeOf(send(token, slow))));
    }
    const asked = server.questions.length;
    await send('good', slow);
    expect(server.questions).toHaveLength(asked);
  });
});

describe('an issuer that cannot be asked', () => {
  it.each<[string, IntrospectionServer['answer']]>([
    ['answers 500', saying({ error: 'server_error' }, 500)],
    ['does not know us', saying({ error: 'invalid_client' }, 401)],
    [
      'answers with a page',
      (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    ],
    ['answers with half an object', saying('{"active": true')],
    ['answers with a list', saying([good])],
    ['does not say whether it is active', saying({ ...good, active: undefined })],
    ['says active in words', saying({ ...good, active: 'true' })],
    [
      'answers with a JWT',
      (response) =>
        void response.writeHead(200, { 'content-type': 'application/token-introspection+jwt' }).end('a.b.c'),
    ],
    ['sends us elsewhere', (response) => void response.writeHead(302, { location: server.endpoint }).end()],
    [
      'answers without end',
      (response) =>
        void response.writeHead(200, { 'content-type': 'application/json' }).write('x'.repeat(300_000)),
    ],
    ['hangs up', (response) => void response.destroy()],
    ['does not answer', () => undefined],
  ])('is unavailable when it %s', async (_what, answer) => {
    const impatient = verifierFor({ timeoutMs: 2000 });
    server.answer = answer;
    const fault = await faultOf(send('secret-opaque-token', impatient));
    expect(fault).toMatchObject({
      code: 'introspection_unavailable',
      kind: 'unavailable',
      retryAfterSeconds: 1,
    });
    expect(`${fault.message} ${String(fault.stack)} ${JSON.stringify(fault)}`).not.toMatch(/secret|user-1/);
    server.answer = saying(good);
    await expect(send('secret-opaque-token', impatient)).resolves.toBeDefined();
  });

  it('is not replaced by what it said before', async () => {
    await send();
    server.answer = saying({}, 503);
    clock.advance(10);
    expect(await codeOf(send())).toBe('introspection_unavailable');
  });

  it.each([
    ['an address', IDP],
    ['no address', 'shop-idp'],
  ])(
    'is named in the message as the trust record names it, where its identifier is %s',
    async (_what, iss) => {
      server.answer = saying({ ...good, iss });
      const asked = verifierFor({}, { issuer: iss });
      await send('opaque', asked);
      server.answer = saying({}, 500);
      const fault = await faultOf(send('another', asked));
      expect(fault).toMatchObject({ code: 'introspection_unavailable', retryAfterSeconds: 1 });
      expect(fault.message).toMatch(/^idp did not say whether the token is good: /);
    },
  );

  it('is unavailable when it is down', async () => {
    await server.close();
    expect(await codeOf(send())).toBe('introspection_unavailable');
  });
});
