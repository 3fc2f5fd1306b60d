import { createHash } from 'node:crypto';
import { authenticated, type Setting, codeOf, createScene } from '../../support/scene.js';
import { boundSetting, boundTo, clientKey } from '../../support/dpop.js';

const certificate = Buffer.from('the octets of a certificate');
const x5t = createHash('sha256').update(certificate).digest('base64url');

const BOUND: Setting = {
  trust: { tokenType: 'at+jwt', name: 'idp' },
  token: { header: { typ: 'at+jwt' }, claims: { sub: 'user-1', client_id: 'web', cnf: { 'x5t#S256': x5t } } },
};

describe('a token that is bound to a client certificate', () => {
  const scene = createScene(BOUND);
  const send = (clientCertificate?: () => Uint8Array | undefined) =>
    authenticated(scene.verifier, { ...scene.request(), ...(clientCertificate && { clientCertificate }) });

  it('is accepted over a connection with that certificate', async () => {
    await expect(send(() => certificate)).resolves.toMatchObject({ principal: { client: 'web' } });
  });

  it('is refused over a connection with another certificate', async () => {
    expect(await codeOf(send(() => Buffer.from('another')))).toBe('certificate_mismatch');
  });

  it('is refused over a connection without one', async () => {
    expect(await codeOf(send(() => undefined))).toBe('certificate_mismatch');
    expect(await codeOf(send())).toBe('certificate_mismatch');
  });

  it('is refused when a header names the certificate', async () => {
    const request = scene.request();
    const rawHeaders = [...request.rawHeaders, 'Client-Cert', `:${certificate.toString('base64')}:`];
    expect(await codeOf(authenticated(scene.verifier, { ...request, rawHeaders }))).toBe(
      'certificate_mismatch',
    );
  });

  it('is refused where its issuer calls it a DPoP token, whose key it does not name', async () => {
    const sent = {
      ...scene.request({ claims: { token_type: 'DPoP' } }),
      clientCertificate: () => certificate,
    };
    expect(await codeOf(authenticated(scene.verifier, sent))).toBe('token_not_bound');
  });

  it('and to a key needs both', async () => {
    const setting = boundSetting();
    const cnf = { 'x5t#S256': x5t, ...Object(boundTo(clientKey)['cnf']) };
    const both = createScene({
      ...setting,
      token: { ...setting.token, claims: { ...setting.token?.claims, cnf } },
    });
    const proven = both.request();
    const clientCertificate = () => certificate;
    await expect(authenticated(both.verifier, { ...proven, clientCertificate })).resolves.toBeDefined();
    expect(await codeOf(authenticated(both.verifier, proven))).toBe('certificate_mismatch');
    const rawHeaders = proven.rawHeaders.slice(0, 2).map((text) => text.replace('DPoP', 'Bearer'));
    const asBearer = { ...proven, rawHeaders, clientCertificate };
    expect(await codeOf(authenticated(both.verifier, asBearer))).toBe('dpop_proof_missing');
  });
});

it('no certificate is asked for when the token is bound to none', async () => {
  const scene = createScene();
  const clientCertificate = (): never => {
    throw new Error('nobody needs it');
  };
  await expect(
    authenticated(scene.verifier, { ...scene.request(), clientCertificate }),
  ).resolves.toBeDefined();
});
