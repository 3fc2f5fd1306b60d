import { createVerifier } from '@countersign/core';
import { inFlight, interleave, type Variant } from '../interleave.js';
import { once, requestWith, trustRecordFor } from '../micro/subjects.js';
import { type BenchRow } from '../row.js';
import { AUDIENCE, signingKey } from '../tokens/signing-key.js';

const NAME = 'scale/keys';

/** A new ES256 token by any of the keys of one issuer, which publishes one or 64. Processor time of all threads. */
export const keysRow: BenchRow = {
  name: NAME,
  async measure({ quick, rounds }) {
    const operations = quick ? 100 : 1500;
    const variants = [1, 64].map((count) => variant(count, operations * (rounds + 1)));
    return interleave(variants, { row: NAME, rounds, operations, time: 'cpu' });
  },
};

function variant(count: number, tokens: number): Variant {
  const keys = Array.from({ length: count }, (_, index) =>
    signingKey('ES256', { kid: `key-${String(index)}` }),
  );
  const [first = signingKey('ES256')] = keys;
  const record = { ...trustRecordFor(first), keys: { jwks: { keys: keys.map((key) => key.publicJwk) } } };
  const verifier = createVerifier({ service: AUDIENCE, trust: [record] });
  const requests = Array.from({ length: tokens }, (_, index) =>
    requestWith(keys[index % count]?.token() ?? ''),
  );
  const next = once(requests);
  return {
    name: String(count),
    run: (operations) => inFlight(operations, 64, () => verifier.authenticate(next())),
  };
}
