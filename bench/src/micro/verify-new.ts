import { createVerifier } from 'fast-jwt';
import { jwtVerify } from 'jose';
import { inFlight, interleave, type Variant } from '../interleave.js';
import { type BenchRow, type RowSettings } from '../row.js';
import { mintTokens } from '../tokens/mint-tokens.js';
import { AUDIENCE, ISSUER, signingKey, type SigningKey, type TokenAlgorithm } from '../tokens/signing-key.js';
import { rawVerify, signedText } from './raw-crypto.js';
import { once, requestWith, verifierFor } from './subjects.js';

/** As many requests as a busy server has under way. */
const WIDTH = 64;

/** What it costs to verify a token that was never seen, beside the signature check alone. Processor time of all threads. */
export function verifyNewRow(algorithm: TokenAlgorithm): BenchRow {
  const name = `micro/verify-new-${algorithm.toLowerCase()}`;
  return {
    name,
    async measure(settings) {
      const operations = operationsFor(algorithm, settings);
      const key = signingKey(algorithm);
      const tokens = await mintTokens(key, operations * (settings.rounds + 1));
      return interleave(variants(key, tokens), {
        row: name,
        rounds: settings.rounds,
        operations,
        time: 'cpu',
      });
    },
  };
}

function operationsFor(algorithm: TokenAlgorithm, { quick }: RowSettings): number {
  if (quick) return 100;
  return algorithm === 'RS256' ? 2000 : 3000;
}

function variants(key: SigningKey, tokens: readonly string[]): readonly Variant[] {
  const texts = tokens.map(signedText);
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const fast = createVerifier({ key: pem, cache: false, allowedIss: ISSUER, allowedAud: AUDIENCE });
  const expected = { issuer: ISSUER, audience: AUDIENCE };
  // What a verifier has seen it recalls: each of ours has its own, and sees a token once.
  const many = { verifier: verifierFor(key), next: once(tokens.map(requestWith)) };
  const single = { verifier: verifierFor(key), next: once(tokens.map(requestWith)) };
  const [nextText, nextForJose, nextForFast] = [once(texts), once(tokens), once(tokens)];
  return [
    {
      name: 'raw',
      run: (operations) => {
        for (let done = 0; done < operations; done += 1) rawVerify(key, nextText());
      },
    },
    {
      name: 'countersign',
      run: (operations) => inFlight(operations, WIDTH, () => many.verifier.authenticateNow(many.next())),
    },
    {
      name: 'countersign-one-at-a-time',
      run: (operations) => inFlight(operations, 1, () => single.verifier.authenticateNow(single.next())),
    },
    {
      name: 'jose',
      run: (operations) =>
        inFlight(operations, WIDTH, () => jwtVerify(nextForJose(), key.publicKey, expected)),
    },
    {
      name: 'fast-jwt',
      run: (operations) => {
        for (let done = 0; done < operations; done += 1) fast(nextForFast());
      },
    },
  ];
}
