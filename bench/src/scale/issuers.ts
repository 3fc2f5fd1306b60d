import { createVerifier } from '@countersign/core';
import { inFlight, interleave, type Variant } from '../interleave.js';
import { once, requestWith, trustRecordFor } from '../micro/subjects.js';
import { type BenchRow } from '../row.js';
import { AUDIENCE, signingKey, type SigningKey } from '../tokens/signing-key.js';

const NAME = 'scale/issuers';
const COUNTS = [1, 10, 100, 1000];

/** A new ES256 token of any of so many trusted issuers, each with a key of its own. Processor time of all threads. */
export const issuersRow: BenchRow = {
  name: NAME,
  async measure({ quick, rounds }) {
    const operations = quick ? 100 : 1000;
    const variants = COUNTS.map((count) => variant(count, operations * (rounds + 1)));
    return interleave(variants, { row: NAME, rounds, operations, time: 'cpu' });
  },
};

function variant(count: number, tokens: number): Variant {
  const issuers = Array.from({ length: count }, (_, index) => ({
    iss: `https://issuer-${String(index)}.example/`,
    key: signingKey('ES256', { kid: `key-${String(index)}` }),
  }));
  const verifier = createVerifier({
    service: AUDIENCE,
    trust: issuers.map(({ iss, key }, index) => ({
      ...trustRecordFor(key),
      name: `issuer-${String(index)}`,
      issuer: iss,
    })),
  });
  const requests = Array.from({ length: tokens }, (_, index) => {
    const issuer = issuers[index % count];
    return requestWith(tokenOf(issuer));
  });
  const next = once(requests);
  return {
    name: String(count),
    run: (operations) => inFlight(operations, 64, () => verifier.authenticate(next())),
  };
}

function tokenOf(issuer: { readonly iss: string; readonly key: SigningKey } | undefined): string {
  return issuer?.key.token({ claims: { iss: issuer.iss } }) ?? '';
}
