import { createFixedClock } from '../../../src/clock.js';
import { createVerifier } from '../../../src/inbound/verifier.js';
import { type TrustRecord } from '../../../src/trust/trust-record.js';
import { type Claims } from '../../../src/token.js';
import { boundTo, clientKey } from '../../support/dpop.js';
import { NOW, SERVICE, sha256 } from '../../support/forge.js';
import { authenticated, codeOf } from '../../support/scene.js';
import { createSigningKey } from '../../support/signing-key.js';

const GATEWAY = 'https://gateway.service/';
const IDP = 'https://idp.example/';
const idpKey = await createSigningKey();
const gatewayKey = await createSigningKey();

const USERS = { subject: `${SERVICE}user/{sub}/` };

/** Census trusts the gateway to call for users when it proves it with the provider's token, which was for the gateway. */
async function callCensus(
  proofClaims: Claims = {},
  idp: Partial<TrustRecord> = USERS,
  sub = `${SERVICE}user/21/`,
) {
  const proof = await idpKey.token(
    {
      iss: IDP,
      aud: GATEWAY,
      sub: '21',
      client_id: 'web',
      iat: NOW,
      exp: NOW + 600,
      jti: 'p',
      ...proofClaims,
    },
    { typ: 'at+jwt' },
  );
  const token = await gatewayKey.token({
    ...{
      iss: GATEWAY,
      aud: SERVICE,
      sub,
      act: { sub: GATEWAY, act: proofClaims['act'] },
      ath: sha256(proof),
    },
    ...{ iat: NOW, exp: NOW + 60, jti: 'j' },
  });
  const record = (name: string, issuer: string, key: typeof idpKey): TrustRecord => ({
    ...{ name, issuer, keys: { jwks: { keys: [key.publicJwk] } }, algorithms: ['ES256'] },
  });
  const verifier = createVerifier({
    service: SERVICE,
    clock: createFixedClock(),
    trust: [
      { ...record('gateway', GATEWAY, gatewayKey), actsFor: 'proven' },
      {
        ...record('idp', IDP, idpKey),
        tokenType: 'at+jwt',
        proofOnly: true,
        ...idp,
      },
    ],
  });
  const rawHeaders = ['Authorization', `Bearer ${token}`, 'Delegation-Proof', proof];
  return authenticated(verifier, {
    method: 'GET',
    url: '/',
    rawHeaders,
    body: () => Promise.reject(new Error()),
  });
}

describe('a token of an identity provider proves a call', () => {
  it('for the user whose URI the trust record makes of it', async () => {
    const { principal } = await callCensus();
    expect(principal).toMatchObject({ subject: `${SERVICE}user/21/`, subjectKind: 'user' });
  });

  it('for no other user', async () => {
    expect(await codeOf(callCensus({ sub: '42' }))).toBe('delegation_unproven');
  });

  it('for none whose URI it names itself, unless its trust record lets it', async () => {
    const sub = `${SERVICE}user/21/`;
    const uri = { sub };
    expect(await codeOf(callCensus(uri, {}))).toBe('delegation_unproven');
    expect(await codeOf(callCensus({ sub: sub.toUpperCase() }, {}, sub.toUpperCase()))).toBe(
      'delegation_unproven',
    );
    await expect(callCensus(uri, { actsFor: [`${SERVICE}user/`] })).resolves.toBeDefined();
  });

  it('when it is bound to a key of the client too: it is evidence, and no credential', async () => {
    await expect(callCensus(boundTo(clientKey))).resolves.toBeDefined();
  });

  it('through the services that the provider says have acted, which none of them has signed', async () => {
    const act = { sub: 'https://portal.service/' };
    const { principal } = await callCensus({ act });
    expect(principal.actors).toEqual([GATEWAY, 'https://portal.service/']);
  });

  it('to the service that it was for, by whatever name the provider knows us', async () => {
    await expect(callCensus({}, { ...USERS, audience: 'census' })).resolves.toBeDefined();
    expect(await codeOf(callCensus({ aud: 'census' }, { ...USERS, audience: 'census' }))).toBe(
      'delegation_unproven',
    );
  });

  it('for a user only: a client that speaks for itself is not made one on the way', async () => {
    const { principal } = await callCensus({ sub: 'batch' }, {}, 'batch');
    expect(principal).toMatchObject({ subject: 'batch', subjectKind: 'user' });
    const ofClient = callCensus({ sub: 'batch', client_id: 'batch' }, {}, 'batch');
    expect(await codeOf(ofClient)).toBe('delegation_unproven');
  });

  it('only when it says for which service it was', async () => {
    const cognito = {
      ...USERS,
      claims: { preset: 'cognito' },
      clients: ['web'],
    } as const;
    const proof = { token_use: 'access' };
    await expect(callCensus(proof, cognito)).resolves.toBeDefined();
    expect(await codeOf(callCensus({ ...proof, aud: undefined }, cognito))).toBe('delegation_unproven');
  });
});
