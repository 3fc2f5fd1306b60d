import { createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { jwkThumbprint, publicJwk } from '../../src/crypto/jwk.js';
import { privateKeyFor } from '../support/signing-key.js';

/** RFC 7638 section 3.1. */
const RFC_7638_KEY = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
  alg: 'RS256',
  kid: '2011-04-29',
};

describe('the thumbprint', () => {
  it('of the key in RFC 7638 section 3.1 is the one printed there', () => {
    expect(jwkThumbprint(RFC_7638_KEY)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  it('of the key in RFC 8037 appendix A.3 is the one printed there', () => {
    const key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    expect(jwkThumbprint(key)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256'])(
    'of an %s key is what jose makes of it',
    async (name) => {
      const jwk = publicJwk(createPublicKey(privateKeyFor(name)));
      expect(jwkThumbprint(jwk)).toBe(await calculateJwkThumbprint(jwk));
    },
  );
});

it.each([
  ['ES256', ['crv', 'kty', 'x', 'y']],
  ['EdDSA', ['crv', 'kty', 'x']],
  ['RS256', ['e', 'kty', 'n']],
])('a published %s key has its public members only', (name, members) => {
  const jwk = publicJwk(createPublicKey(privateKeyFor(name)));
  expect(Object.keys(jwk).sort()).toEqual(members);
});

it('even a private key object yields public members only', () => {
  expect(Object.keys(publicJwk(privateKeyFor('ES256'))).sort()).toEqual(['crv', 'kty', 'x', 'y']);
});
