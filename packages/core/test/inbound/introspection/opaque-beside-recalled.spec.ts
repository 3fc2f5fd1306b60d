import { createFixedClock, type FixedClock } from '../../../src/clock.js';
import { createVerifier } from '../../../src/inbound/verifier.js';
import { createKeyStore } from '../../../src/key-store/create-key-store.js';
import { type KeyStore } from '../../../src/signing-keys/key-store.js';
import { createTrustStore } from '../../../src/trust/trust-store.js';
import { type IntrospectionRecord } from '../../../src/trust/introspection-record.js';
import { createForgeKey, forgeToken, NOW, SERVICE, trustedKey, type ForgeKey } from '../../support/forge.js';
import {
  saying,
  startIntrospectionServer,
  type IntrospectionServer,
} from '../../support/introspection-server.js';
import { json, startKeyServer, type KeyServer } from '../../support/key-server.js';
import { authenticated, codeOf, inboundRequest } from '../../support/scene.js';
import { isRecalled, remembered } from '../../support/recalled.js';

const IDP = 'https://idp.example/';
/** A signature on this curve is always checked off the event loop: an answer without a promise was recalled. */
const key = trustedKey('ES384');
const claims = { iss: IDP, aud: SERVICE, sub: 'user-1', client_id: 'web', iat: NOW, exp: NOW + 600 };
const active = { ...claims, active: true, token_type: 'Bearer' };

let server: IntrospectionServer;
let keyServer: KeyServer;
let clock: FixedClock;
beforeEach(async () => {
  server = await startIntrospectionServer();
  server.answer = saying(active);
  keyServer = await startKeyServer(json({ keys: [key.jwk] }));
  clock = createFixedClock();
});
afterEach(async () => {
  await server.close();
  await keyServer.close();
});

const introspection = (): IntrospectionRecord => ({
  endpoint: server.endpoint,
  clientId: 'census',
  clientAuthentication: 'client_secret_basic',
  clientSecret: 'secretOfCensus',
});

/** An issuer whose tokens are JWTs for some clients, and opaque for others. */
const both = () => ({
  name: 'idp',
  issuer: IDP,
  tokenType: 'at+jwt',
  algorithms: ['ES384'] as const,
  keys: { jwksUri: keyServer.jwksUri },
  introspection: introspection(),
});

const sent = (token: string) =>
  inboundRequest({ method: 'GET', url: '/user/21/', body: new Uint8Array() }, token);
const jwt = sent(forgeToken({ header: { typ: 'at+jwt' }, claims }, key));
const opaque = sent('opaque-token-1');

describe('an opaque token beside a JWT of the same issuer', () => {
  it('is never recalled, and refused within ten seconds after it was revoked', async () => {
    const verifier = createVerifier({ service: SERVICE, clock, trust: [both()] });
    for (const request of [jwt, opaque]) await remembered(verifier, request);
    expect(isRecalled(verifier, jwt)).toBe(true);
    expect(isRecalled(verifier, opaque)).toBe(false);
    server.answer = saying({ active: false });
    clock.advance(9.9);
    await expect(authenticated(verifier, opaque)).resolves.toBeDefined();
    clock.advance(0.1);
    expect(await codeOf(authenticated(verifier, opaque))).toBe('token_inactive');
    expect(isRecalled(verifier, jwt)).toBe(true);
  });

  it('is asked about for every request where the record says so, though recall is on', async () => {
    const record = { ...both(), introspection: { ...introspection(), cacheSeconds: 0 } };
    const verifier = createVerifier({ service: SERVICE, clock, trust: [record] });
    await verifier.authenticate(opaque);
    server.answer = saying({ active: false });
    expect(await codeOf(authenticated(verifier, opaque))).toBe('token_inactive');
  });

  it('goes on when the keys change; the JWT, which was recalled, does not', async () => {
    const verifier = createVerifier({ service: SERVICE, clock, trust: [both()] });
    for (const request of [jwt, opaque]) await remembered(verifier, request);
    expect(isRecalled(verifier, jwt)).toBe(true);
    keyServer.answer(json({ keys: [createForgeKey('ES384', 'next').jwk] }));
    clock.advance(601);
    clock.set(NOW);
    expect(await codeOf(authenticated(verifier, jwt))).toBe('key_unknown');
    await expect(authenticated(verifier, opaque)).resolves.toBeDefined();
  });

  it('is no token when it holds what no token does, and its issuer is not asked', async () => {
    const verifier = createVerifier({ service: SERVICE, clock, trust: [both()] });
    expect(await codeOf(authenticated(verifier, sent('two tokens')))).toBe('request_malformed');
    expect(server.questions).toHaveLength(0);
  });
});

describe('a token with dots', () => {
  it.each([
    ['one, as Ory Hydra has it', 'ory_at_key.signature'],
    ['three', 'a.b.c.d'],
    ['the four of an encrypted JWT', 'header.key.iv.text.tag'],
    ['nothing else', '.'],
  ])('is opaque with %s: its issuer is asked, and it is never recalled', async (_what, token) => {
    const verifier = createVerifier({ service: SERVICE, clock, trust: [both()] });
    const request = sent(token);
    await remembered(verifier, request);
    expect(isRecalled(verifier, request)).toBe(false);
    expect(server.questions.map(({ form }) => form.get('token'))).toEqual([token]);
    server.answer = saying({ active: false });
    clock.advance(10);
    expect(await codeOf(authenticated(verifier, request))).toBe('token_inactive');
  });

  it.each(['a.b.c', '..', 'a..b', 'opaque.token.'])(
    'is taken for a JWT when they are two, and nobody is asked about %s',
    async (token) => {
      const verifier = createVerifier({ service: SERVICE, clock, trust: [both()] });
      expect(await codeOf(authenticated(verifier, sent(token)))).toBe('token_malformed');
      expect(server.questions).toHaveLength(0);
    },
  );

  it('is refused unasked when it is too large', async () => {
    const verifier = createVerifier({ service: SERVICE, clock, trust: [both()] });
    await verifier.authenticate(sent('a.'.repeat(4096)));
    expect(await codeOf(authenticated(verifier, sent(`${'a.'.repeat(4096)}a`)))).toBe('token_too_large');
    expect(server.questions).toHaveLength(1);
  });

  it('is malformed where no issuer is asked, unless they are two', async () => {
    const { introspection: _, ...record } = both();
    const verifier = createVerifier({ service: SERVICE, clock, trust: [record] });
    await verifier.authenticate(jwt);
    for (const token of ['ory_at_key.signature', 'header.key.iv.text.tag'])
      expect(await codeOf(authenticated(verifier, sent(token)))).toBe('token_malformed');
  });
});

describe('an issuer whose tokens are all opaque', () => {
  it('has no keys whose age or lack could be a fault', async () => {
    const without = { name: 'opaque', issuer: 'https://opaque.example/', introspection: introspection() };
    const { introspection: _, ...withKeys } = both();
    const trust = createTrustStore({ clock, trust: [without, withKeys] });
    expect((await trust.hydrate()).map(({ name }) => name)).toEqual(['idp']);
    expect(trust.keyStatus().map(({ name }) => name)).toEqual(['idp']);
  });
});

it('an issuer is asked with the key that signs now: a rotation needs no restart', async () => {
  const open = ({ privateKey }: ForgeKey) =>
    createKeyStore({ privateKeys: [privateKey.export({ format: 'jwk' })] });
  const [before, after] = [await open(createForgeKey()), await open(createForgeKey())];
  let current: KeyStore = before;
  const keyStore: KeyStore = { signer: () => current.signer(), publicKeys: () => current.publicKeys() };
  const { clientSecret: _, ...client } = introspection();
  const record = { ...client, clientAuthentication: 'private_key_jwt', cacheSeconds: 0 } as const;
  const trust = [{ name: 'idp', issuer: IDP, introspection: record }];
  const verifier = createVerifier({ service: SERVICE, clock, trust, keyStore });
  await verifier.authenticate(opaque);
  current = after;
  await verifier.authenticate(opaque);
  const kids = server.questions.map(({ form }) => {
    const [header] = form.get('client_assertion')!.split('.');
    return (JSON.parse(Buffer.from(header!, 'base64url').toString()) as { kid: string }).kid;
  });
  expect(kids).toEqual([before, after].map((store) => store.signer().keyId));
});
