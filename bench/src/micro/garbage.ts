import { randomBytes } from 'node:crypto';
import { createVerifier } from 'fast-jwt';
import { jwtVerify } from 'jose';
import { inFlight, interleave } from '../interleave.js';
import { type Measurement } from '../results/results.js';
import { type BenchRow } from '../row.js';
import { AUDIENCE, encode, ISSUER, signingKey, type SigningKey } from '../tokens/signing-key.js';
import { refused, requestWith, verifierFor } from './subjects.js';

const NAME = 'micro/refuse-garbage';

/** Tokens that are refused before a key is needed. */
function garbage(key: SigningKey): Readonly<Record<string, string>> {
  const [, claims = '', signature = ''] = key.token().split('.');
  const foreign = signingKey('ES256').token({ claims: { iss: 'https://stranger.example/' } });
  return {
    'random-text': randomBytes(300).toString('base64url'),
    'three-random-parts': [60, 250, 64].map((size) => randomBytes(size).toString('base64url')).join('.'),
    unsigned: `${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`,
    'shared-secret': `${encode({ alg: 'HS256', typ: 'JWT', kid: key.kid })}.${claims}.${signature}`,
    'unknown-issuer': foreign,
  };
}

/** A refusal, with the error that says why. One at a time, on one thread. */
export const garbageRow: BenchRow = {
  name: NAME,
  async measure({ quick, rounds }) {
    const operations = quick ? 200 : 8000;
    const key = signingKey('ES256');
    const verifier = verifierFor(key);
    const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const fast = createVerifier({ key: pem, cache: false, allowedIss: ISSUER, allowedAud: AUDIENCE });
    const measured: Measurement[] = [];
    for (const [kind, token] of Object.entries(garbage(key))) {
      const request = requestWith(token);
      const variants = [
        { name: 'countersign', run: () => refusals(operations, () => verifier.authenticate(request)) },
        {
          name: 'jose',
          run: () =>
            refusals(operations, () =>
              jwtVerify(token, key.publicKey, { issuer: ISSUER, audience: AUDIENCE }),
            ),
        },
        { name: 'fast-jwt', run: () => refusals(operations, () => fast(token) as unknown) },
      ];
      measured.push(
        ...(await interleave(variants, { row: `${NAME}-${kind}`, rounds, operations, time: 'cpu' })),
      );
    }
    return measured;
  },
};

async function refusals(operations: number, operation: () => unknown): Promise<void> {
  await inFlight(operations, 1, () => refused(operation));
}
