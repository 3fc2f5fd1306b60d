import { sign } from 'node:crypto';
import { createAuthorizer, createKeyStore } from '@countersign/core';
import { createSigner } from 'fast-jwt';
import { SignJWT } from 'jose';
import { inFlight, interleave, inTurns, type Variant } from '../interleave.js';
import { type BenchRow } from '../row.js';
import { AUDIENCE, ISSUER, signingKey, type SigningKey } from '../tokens/signing-key.js';

const NAME = 'micro/mint-es256';
const WIDTH = 64;

/** A service token for a write, bound to its body, beside the signature alone. Processor time of all threads. */
export const mintRow: BenchRow = {
  name: NAME,
  async measure({ quick, rounds }) {
    const operations = quick ? 200 : 4000;
    return interleave(await variants(signingKey('ES256')), { row: NAME, rounds, operations, time: 'cpu' });
  },
};

async function variants(key: SigningKey): Promise<readonly Variant[]> {
  const keyStore = await createKeyStore({ privateKeys: [key.privateKey.export({ format: 'jwk' })] });
  const orders = { name: 'orders', url: AUDIENCE, onBehalfOf: 'service', authorize: 'mint' } as const;
  const destinations = [{ ...orders, scopes: ['order:write'] }];
  const authorizer = createAuthorizer({ service: ISSUER, keyStore, destinations });
  const call = { url: new URL('order/', AUDIENCE), method: 'POST', body: Buffer.from('{"order":17}') };
  const { issued } = await authorizer.authorize(call, undefined);
  const minted = issued?.token ?? '';
  const input = Buffer.from(minted.slice(0, minted.lastIndexOf('.')));
  const claims = claimsOf(minted);
  const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const fast = createSigner({ key: pem, algorithm: 'ES256', kid: key.kid });
  return [
    {
      name: 'raw',
      run: (operations) => inTurns(operations, () => sign('sha256', input, key.privateKey)),
    },
    {
      name: 'countersign',
      run: (operations) => inTurns(operations, () => authorizer.authorize(call, undefined)),
    },
    {
      name: 'countersign-64-at-once',
      run: (operations) => inFlight(operations, WIDTH, () => authorizer.authorize(call, undefined)),
    },
    {
      name: 'jose',
      run: (operations) =>
        inTurns(operations, () =>
          new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: key.kid }).sign(key.privateKey),
        ),
    },
    {
      name: 'fast-jwt',
      run: (operations) => inTurns(operations, () => fast(claims)),
    },
  ];
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}
