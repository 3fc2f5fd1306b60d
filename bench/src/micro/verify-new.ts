import { createVerifier } from 'fast-jwt';
import { jwtVerify } from 'jose';
import { inFlight, interleave, inTurns, type Variant } from '../interleave.js';
import { type BenchRow } from '../row.js';
import { mintTokens } from '../tokens/mint-tokens.js';
import { AUDIENCE, ISSUER, signingKey, type SigningKey, type TokenAlgorithm } from '../tokens/signing-key.js';
import { rawVerify, signedText } from './raw-crypto.js';
import { once, requestWith, verifierFor } from './subjects.js';

/** As many requests as a very busy server has under way: more than may be verified in place in one turn of the event loop. */
const WIDTH = 64;

/** What it costs to verify a token that was never seen, beside the signature check alone. Processor time of all threads. */
export function verifyNewRow(algorithm: TokenAlgorithm): BenchRow {
  const name = `micro/verify-new-${algorithm.toLowerCase()}`;
  return {
    name,
    async measure(settings) {
      const operations = settings.quick ? 100 : OPERATIONS;
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

/** So many that what is measured is compiled code, not the compiling of it. */
const OPERATIONS = 5000;

function variants(key: SigningKey, tokens: readonly string[]): readonly Variant[] {
  const texts = tokens.map((token) => signedText(token, key.algorithm));
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const fast = createVerifier({ key: pem, cache: false, allowedIss: ISSUER, allowedAud: AUDIENCE });
  const expected = { issuer: ISSUER, audience: AUDIENCE };
  // What a verifier has seen it recalls: each of ours has its own, and sees a token once.
  const many = { verifier: verifierFor(key), next: once(tokens.map(requestWith)) };
  const few = { verifier: verifierFor(key), next: once(tokens.map(requestWith)) };
  const [nextText, nextForJose, nextForFast] = [once(texts), once(tokens), once(tokens)];
  return [
    {
      name: 'raw',
      run: (operations) => inTurns(operations, () => rawVerify(key, nextText())),
    },
    {
      name: 'countersign',
      run: (operations) => inTurns(operations, () => few.verifier.authenticate(few.next())),
    },
    {
      name: 'countersign-64-at-once',
      run: (operations) => inFlight(operations, WIDTH, () => many.verifier.authenticate(many.next())),
    },
    {
      name: 'jose',
      run: (operations) => inTurns(operations, () => jwtVerify(nextForJose(), key.publicKey, expected)),
    },
    {
      name: 'fast-jwt',
      run: (operations) => inTurns(operations, () => fast(nextForFast())),
    },
  ];
}
