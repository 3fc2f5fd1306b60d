import { createHash } from 'node:crypto';
import { type InboundRequest } from '../../src/inbound/authenticate.js';
import { boundTo, clientKey, dpopHeaders } from '../support/dpop.js';
import { createForgeKey, NOW, trustedKey } from '../support/forge.js';
import { json, startKeyServer } from '../support/key-server.js';
import { COGNITO, KEYCLOAK, settingFor, type ProviderToken } from '../support/provider-tokens.js';
import {
  authenticated,
  codeOf,
  codeOfCall,
  createScene,
  type Change,
  type Scene,
  type Setting,
} from '../support/scene.js';
import { isRecalled, remembered } from '../support/recalled.js';

/** A signature on this curve is always checked off the event loop: an answer without a promise was recalled. */
const key = trustedKey('ES384');

const CLIENT: Setting = {
  key,
  trust: { tokenType: 'at+jwt', name: 'idp' },
  token: { header: { typ: 'at+jwt' }, claims: { jti: 'one', sub: 'user-1', client_id: 'web' } },
};
const BOUND: Change = { claims: boundTo(clientKey), request: { rawHeaders: dpopHeaders() } };

describe('a client that recall knows', () => {
  let scene: Scene;
  let plain: InboundRequest;
  beforeEach(async () => {
    scene = createScene(CLIENT);
    plain = scene.request();
    await remembered(scene.verifier, plain);
    expect(isRecalled(scene.verifier, plain)).toBe(true);
  });

  it('has its bound token checked in full every time, with a fresh proof for each request', async () => {
    for (let time = 0; time < 3; time++) {
      const request = scene.request(BOUND);
      const answer = scene.verifier.authenticate(request);
      expect(answer).toBeInstanceOf(Promise);
      await scene.verifier.useOnce(await answer);
      const again = await scene.verifier.authenticate(request);
      expect(await codeOf(scene.verifier.useOnce(again))).toBe('dpop_proof_replayed');
    }
  });

  it('cannot send its bound token as a bearer token, also after it was accepted with its proof', async () => {
    const bound = scene.request(BOUND);
    await remembered(scene.verifier, bound);
    const [, authorization] = bound.rawHeaders;
    const rawHeaders = ['Authorization', authorization!.replace('DPoP', 'Bearer')];
    expect(await codeOf(authenticated(scene.verifier, { ...bound, rawHeaders }))).toBe('dpop_proof_missing');
  });

  it('cannot send its bound token with the proof of another', async () => {
    const bound = scene.request(BOUND);
    await remembered(scene.verifier, bound);
    const other = scene.request({ ...BOUND, claims: { ...BOUND.claims, jti: 'two' } });
    const rawHeaders = [...bound.rawHeaders.slice(0, 2), ...other.rawHeaders.slice(2)];
    expect(await codeOf(authenticated(scene.verifier, { ...bound, rawHeaders }))).toBe('dpop_proof_invalid');
  });

  it('cannot send its plain token as a bound one, also when it is recalled', () => {
    const [, , , authorization] = plain.rawHeaders;
    const rawHeaders = ['Authorization', authorization!.replace('Bearer', 'DPoP')];
    expect(codeOfCall(() => scene.verifier.authenticate({ ...plain, rawHeaders }))).toBe('token_not_bound');
  });
});

it('a token that is bound to a client certificate is never recalled: each connection must show it', async () => {
  const certificate = Buffer.from('the octets of a certificate');
  const x5t = createHash('sha256').update(certificate).digest('base64url');
  const { verifier, request } = createScene(CLIENT);
  const bound = request({ claims: { cnf: { 'x5t#S256': x5t } } });
  for (let time = 0; time < 2; time++) {
    await remembered(verifier, { ...bound, clientCertificate: () => certificate });
    expect(await codeOf(authenticated(verifier, bound))).toBe('certificate_mismatch');
  }
});

describe('a token of a provider that is recalled', () => {
  const settingOf = (token: ProviderToken): Setting => ({ ...settingFor(token), key });
  const algorithms = { trust: { algorithms: ['ES384'] as const } };
  const scene = (token: ProviderToken, trust: Setting['trust'] = {}) => {
    const setting = settingOf(token);
    return createScene({ ...setting, trust: { ...setting.trust, ...algorithms.trust, ...trust } });
  };

  it('says the same of user, client, scopes and roles', async () => {
    const { verifier, request } = scene(KEYCLOAK);
    const sent = request({ claims: { txn: 'txn-1' } });
    const first = await remembered(verifier, sent);
    expect(first.principal.client).toBe('storefront');
    const again = verifier.authenticate(sent);
    expect(again).not.toBeInstanceOf(Promise);
    expect(again).toEqual(first);
  });

  it.each<[string, ProviderToken, Change, string]>([
    ['of a client that is not listed', COGNITO, { claims: { client_id: 'another' } }, 'client_not_allowed'],
    ['that is an ID token', COGNITO, { claims: { token_use: 'id' } }, 'claim_invalid'],
    ['for another audience', KEYCLOAK, { claims: { aud: ['account'] } }, 'audience_mismatch'],
  ])('opens the way for none %s', async (_what, token, change, code) => {
    const { verifier, request } = scene(token);
    const good = request();
    await remembered(verifier, good);
    expect(isRecalled(verifier, good)).toBe(true);
    const bad = request(change);
    for (let time = 0; time < 2; time++) expect(await codeOf(authenticated(verifier, bad))).toBe(code);
  });

  it('is not known to a service in the same process that lists other clients', async () => {
    const here = scene(KEYCLOAK);
    const elsewhere = scene(KEYCLOAK, { clients: ['backoffice'] });
    const sent = here.request();
    await remembered(here.verifier, sent);
    expect(await codeOf(authenticated(elsewhere.verifier, sent))).toBe('client_not_allowed');
  });

  it('is refused once its key is no longer published', async () => {
    const next = createForgeKey('ES384', 'next');
    const server = await startKeyServer(json({ keys: [key.jwk] }));
    try {
      const { verifier, request, clock } = scene(KEYCLOAK, { keys: { jwksUri: server.jwksUri } });
      const sent = request({ claims: { exp: NOW + 600 } });
      await remembered(verifier, sent);
      expect(isRecalled(verifier, sent)).toBe(true);
      server.answer(json({ keys: [next.jwk] }));
      clock.advance(601);
      clock.set(NOW);
      expect(await codeOf(authenticated(verifier, sent))).toBe('key_unknown');
    } finally {
      await server.close();
    }
  });
});
