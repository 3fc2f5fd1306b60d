import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { readUnverified } from '../../src/inbound/read-unverified.js';
import { type Algorithm } from '../../src/crypto/algorithms.js';
import { verifySignatureBytes } from '../../src/crypto/signature.js';
import { forgeKeyOf, trustedKey } from '../support/forge.js';
import { authenticated, codeOf, codeOfCall, createScene, inboundRequest } from '../support/scene.js';

/** The examples of RFC 7515 appendix A and RFC 8037 appendix A, as they are printed there. */

const JOE = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';

const HS256 = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${JOE}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`;
const UNSECURED = `eyJhbGciOiJub25lIn0.${JOE}.`;

interface Vector {
  readonly algorithm: Algorithm;
  readonly jwk: JsonWebKey;
  readonly token: string;
}

const RS256: Vector = {
  algorithm: 'RS256',
  jwk: {
    kty: 'RSA',
    n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
    e: 'AQAB',
  },
  token: `eyJhbGciOiJSUzI1NiJ9.${JOE}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`,
};

const ES256: Vector = {
  algorithm: 'ES256',
  jwk: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  },
  token: `eyJhbGciOiJFUzI1NiJ9.${JOE}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
};

const ES512: Vector = {
  algorithm: 'ES512',
  jwk: {
    kty: 'EC',
    crv: 'P-521',
    x: 'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk',
    y: 'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2',
  },
  token:
    'eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn',
};

const EDDSA: Vector = {
  algorithm: 'EdDSA',
  jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
  token:
    'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
};

async function verified({ algorithm, jwk, token }: Vector): Promise<boolean> {
  const end = token.lastIndexOf('.');
  const input = Buffer.from(token.slice(0, end));
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  return verifySignatureBytes(algorithm, createPublicKey({ key: jwk, format: 'jwk' }), input, signature);
}

describe('the published examples', () => {
  it.each([
    ['RFC 7515 A.2, RS256', RS256],
    ['RFC 7515 A.3, ES256', ES256],
  ])('of a JWT are read and their signatures hold: %s', async (_name, vector) => {
    const { header, claims, signature } = readUnverified(vector.token, 8192);
    expect(header).toEqual({ alg: vector.algorithm, kid: undefined, typ: undefined });
    expect(claims).toEqual({ iss: 'joe', exp: 1300819380, 'http://example.com/is_root': true });
    expect(signature.toString('base64url')).toBe(vector.token.slice(vector.token.lastIndexOf('.') + 1));
    expect(await verified(vector)).toBe(true);
  });

  it.each([
    ['RFC 7515 A.4, ES512', ES512],
    ['RFC 8037 A.4, Ed25519', EDDSA],
  ])('of a JWS that is no JWT have signatures that hold, and are no tokens: %s', async (_name, vector) => {
    expect(await verified(vector)).toBe(true);
    expect(codeOfCall(() => readUnverified(vector.token, 8192))).toBe('token_malformed');
  });

  it.each([RS256, ES256, ES512, EDDSA])(
    'do not hold after one character changed: $algorithm',
    async (vector) => {
      const at = vector.token.indexOf('.') + 1;
      const token = `${vector.token.slice(0, at)}f${vector.token.slice(at + 1)}`;
      expect(await verified({ ...vector, token })).toBe(false);
    },
  );

  it('of a secret key, RFC 7515 A.1, and of no signature, A.5, are refused', async () => {
    const scene = createScene({ others: [joe()] });
    const send = (token: string) => codeOf(authenticated(scene.verifier, inboundRequest(GET, token)));
    expect(await send(HS256)).toBe('algorithm_not_allowed');
    expect(await send(UNSECURED)).toBe('token_malformed');
    expect(await send(`${UNSECURED}AA`)).toBe('algorithm_not_allowed');
  });

  it('of a signed JWT is verified by the whole of the suite, and refused for what it lacks', async () => {
    const scene = createScene({ others: [joe()] });
    expect(await codeOf(authenticated(scene.verifier, inboundRequest(GET, RS256.token)))).toBe(
      'token_type_not_allowed',
    );
    const forged = `${RS256.token.slice(0, -2)}Rg`;
    expect(await codeOf(authenticated(scene.verifier, inboundRequest(GET, forged)))).toBe(
      'signature_invalid',
    );
  });
});

const GET = { method: 'GET', url: '/', body: new Uint8Array() };

/** The issuer of the examples, trusted as an identity provider whose only key is the one of RFC 7515 A.2. */
function joe() {
  const publicKey = createPublicKey({ key: RS256.jwk, format: 'jwk' });
  const { jwk } = forgeKeyOf({ publicKey, privateKey: trustedKey().privateKey }, 'RS256');
  return {
    name: 'joe',
    issuer: 'joe',
    keys: { jwks: { keys: [jwk] } },
    algorithms: ['RS256'] as const,
    tokenType: 'JWT',
  };
}
