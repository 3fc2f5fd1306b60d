import { ISSUER, SERVICE, trustedKey, USER } from '../support/forge.js';
import { authenticated, accepted, faultOf, createScene, refused, trustRecord } from '../support/scene.js';

describe('the issuer of a token', () => {
  it.each([undefined, '', [ISSUER], { uri: ISSUER }, null, 1, true, [], [[ISSUER]]])(
    'must be a text: not %j',
    async (iss) => {
      expect(await refused({ claims: { iss } })).toBe('issuer_untrusted');
    },
  );

  it.each([
    ['without its last slash', 'https://herald.service'],
    ['with two slashes', 'https://herald.service//'],
    ['in another case', 'https://Herald.service/'],
    ['in upper case', 'HTTPS://HERALD.SERVICE/'],
    ['with an escaped letter', 'https://her%61ld.service/'],
    ['with a letter that looks the same', 'https://her\u0430ld.service/'],
    ['with a letter that composes to the same', 'https://herald.service/\u0301'],
    ['with a NUL', `${ISSUER}\u0000`],
    ['with a space in front', ` ${ISSUER}`],
    ['with a newline', `${ISSUER}\n`],
    ['with a port', 'https://herald.service:443/'],
    ['with a fragment', `${ISSUER}#`],
    ['with quotes and a script', `"><script>alert(1)</script>\r\nX: y`],
    ['which is our own name', SERVICE],
    ['which is the short name', 'herald'],
    ['which every object has', '__proto__'],
  ])('is compared character by character: not %s', async (_what, iss) => {
    expect(await refused({ claims: { iss } })).toBe('issuer_untrusted');
  });

  it('is not repeated in the refusal', async () => {
    const iss = '"><script>alert(1)</script>';
    const { verifier, request } = createScene();
    const fault = await faultOf(authenticated(verifier, request({ claims: { iss } })));
    expect(JSON.stringify([fault.message, fault.stack, fault])).not.toContain('script>');
  });

  it('that only another service trusts is refused: an internal token at the public side', async () => {
    const gateway = trustRecord(trustedKey('EdDSA'), { name: 'gateway', issuer: 'https://gateway.service/' });
    const iss = 'https://gateway.service/';
    const change = {
      claims: { iss, sub: iss },
      header: { alg: 'EdDSA', kid: trustedKey('EdDSA').kid },
      signedBy: trustedKey('EdDSA'),
    };
    expect(await refused(change)).toBe('issuer_untrusted');
    await expect(accepted(change, { others: [gateway] })).resolves.toBeDefined();
  });

  it('that is an identity provider for the edge only is refused by an internal service', async () => {
    const change = { claims: { iss: 'https://idp.example/', sub: USER }, header: { typ: 'at+jwt' } };
    expect(await refused(change)).toBe('issuer_untrusted');
  });
});

describe('the audience of a token', () => {
  it.each([undefined, [], '', [null], 1, null, {}, [[SERVICE]], true, [SERVICE, 1]])(
    'must name this service: not %j',
    async (aud) => {
      expect(await refused({ claims: { aud } })).toBe('audience_mismatch');
    },
  );

  it.each([
    ['another service of ours', ISSUER],
    ['this service without its last slash', 'https://census.service'],
    ['the short name of this service', 'census'],
    ['this service in another case', 'https://CENSUS.service/'],
    ['something under this service', USER],
    ['a list of another service', [ISSUER]],
    ['this service and another', [SERVICE, ISSUER]],
    ['another service and this', [ISSUER, SERVICE]],
    ['this service twice', [SERVICE, SERVICE]],
    ['two names in one text', `${SERVICE} ${ISSUER}`],
  ])('cannot be %s', async (_what, aud) => {
    expect(await refused({ claims: { aud } })).toBe('audience_mismatch');
  });

  it('that is a URL is not the name that we go by', async () => {
    const aud = 'https://census/';
    const setting = { verifier: { service: 'census' }, token: { claims: { aud: 'census' } } };
    expect(await refused({ claims: { aud } }, setting)).toBe('audience_mismatch');
  });

  it('that is its own issuer is refused, unless the service says otherwise', async () => {
    const own = trustRecord(trustedKey('EdDSA'), { name: 'census', issuer: SERVICE });
    const key = trustedKey('EdDSA');
    const change = {
      claims: { iss: SERVICE, sub: SERVICE },
      header: { alg: 'EdDSA', kid: key.kid },
      signedBy: key,
    };
    expect(await refused(change, { others: [own] })).toBe('audience_mismatch');
    const verifier = { acceptTokensFromSelf: true };
    await expect(accepted(change, { others: [own], verifier })).resolves.toBeDefined();
  });
});
