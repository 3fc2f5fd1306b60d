import { inFlight, interleave, type Variant } from '../interleave.js';
import { once, requestWith, verifierFor } from '../micro/subjects.js';
import { type BenchRow } from '../row.js';
import { signingKey, type SigningKey } from '../tokens/signing-key.js';

/** The longest token that is accepted by default has 8,192 bytes. */
const SIZES = [512, 1024, 2048, 8192];

/** ES256 tokens of several sizes, new and seen before. Processor time of all threads, which goes down to the hash. */
export const tokenSizeRow: BenchRow = {
  name: 'scale/token-bytes',
  async measure({ quick, rounds }) {
    const key = signingKey('ES256');
    const [few, many] = quick ? [100, 1000] : [1000, 20_000];
    const unseen = SIZES.map((size) => newTokens(key, size, few * (rounds + 1)));
    const seen = SIZES.map((size) => seenToken(key, size));
    const options = { rounds, time: 'cpu' } as const;
    return [
      ...(await interleave(unseen, { ...options, row: 'scale/token-bytes-new', operations: few })),
      ...(await interleave(seen, { ...options, row: 'scale/token-bytes-seen', operations: many })),
    ];
  },
};

function newTokens(key: SigningKey, size: number, count: number): Variant {
  const verifier = verifierFor(key);
  const next = once(Array.from({ length: count }, () => requestWith(tokenOf(key, size))));
  return {
    name: String(size),
    run: (operations) => inFlight(operations, 64, () => verifier.authenticate(next())),
  };
}

function seenToken(key: SigningKey, size: number): Variant {
  const verifier = verifierFor(key);
  const request = requestWith(tokenOf(key, size));
  return {
    name: String(size),
    run: (operations) => inFlight(operations, 1, () => verifier.authenticate(request)),
  };
}

/** A token of exactly that many bytes, or up to two less: base64url has no other lengths. */
function tokenOf(key: SigningKey, bytes: number): string {
  const shortest = key.token({ claims: { sub: '' } }).length;
  const missing = Math.max(1, Math.floor(((bytes - shortest) * 3) / 4));
  return key.token({ claims: { sub: 'x'.repeat(missing) } });
}
