import { inFlight, interleave, type Variant } from '../interleave.js';
import { once, requestWith, verifierFor } from '../micro/subjects.js';
import { type BenchRow } from '../row.js';
import { signingKey, type SigningKey } from '../tokens/signing-key.js';

const NAME = 'scale/token-bytes';
/** The longest token that is accepted by default has 8,192 bytes. */
const SIZES = [512, 1024, 2048, 8192];

/** ES256 tokens of several sizes, new and seen before. Processor time of all threads, which goes down to the hash. */
export const tokenSizeRow: BenchRow = {
  name: NAME,
  async measure({ quick, rounds }) {
    const operations = quick ? 100 : 1000;
    const key = signingKey('ES256');
    const variants = SIZES.flatMap((size) => [
      newTokens(key, size, operations * (rounds + 1)),
      seenTokens(key, size),
    ]);
    return interleave(variants, { row: NAME, rounds, operations, time: 'cpu' });
  },
};

function newTokens(key: SigningKey, size: number, count: number): Variant {
  const verifier = verifierFor(key);
  const next = once(Array.from({ length: count }, () => requestWith(tokenOf(key, size))));
  return {
    name: `${String(size)}-new`,
    run: (operations) => inFlight(operations, 64, () => verifier.authenticate(next())),
  };
}

function seenTokens(key: SigningKey, size: number): Variant {
  const verifier = verifierFor(key);
  const request = requestWith(tokenOf(key, size));
  return {
    name: `${String(size)}-seen`,
    run: (operations) => inFlight(operations, 1, () => verifier.authenticate(request)),
  };
}

/** A token of exactly that many bytes, or up to two less: base64url has no other lengths. */
function tokenOf(key: SigningKey, bytes: number): string {
  const shortest = key.token({ claims: { sub: '' } }).length;
  const missing = Math.max(1, Math.floor(((bytes - shortest) * 3) / 4));
  return key.token({ claims: { sub: 'x'.repeat(missing) } });
}
