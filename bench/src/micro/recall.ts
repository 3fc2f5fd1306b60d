import { hash } from 'node:crypto';
import { createVerifier } from 'fast-jwt';
import { inFlight, interleave } from '../interleave.js';
import { type BenchRow } from '../row.js';
import { AUDIENCE, ISSUER, signingKey } from '../tokens/signing-key.js';
import { requestWith, verifierFor } from './subjects.js';

const NAME = 'micro/recall';

/** A token that was seen before, beside fast-jwt with its cache. One at a time, on one thread. */
export const recallRow: BenchRow = {
  name: NAME,
  async measure({ quick, rounds }) {
    const operations = quick ? 2000 : 50_000;
    const key = signingKey('ES256');
    const tokens = Array.from({ length: 64 }, () => key.token());
    const requests = tokens.map(requestWith);
    const verifier = verifierFor(key);
    const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const cached = createVerifier({ key: pem, cache: true, allowedIss: ISSUER, allowedAud: AUDIENCE });
    const variants = [
      {
        // What a memory that holds no tokens cannot do without.
        name: 'sha-256-of-the-token',
        run: () => {
          for (let done = 0; done < operations; done += 1)
            hash('sha256', tokens[done % 64] ?? '', 'base64url');
        },
      },
      {
        name: 'countersign',
        run: () =>
          inFlight(operations, 1, (index) => verifier.authenticate(requests[index % 64] ?? requestWith(''))),
      },
      {
        name: 'countersign-by-promise',
        run: () =>
          inFlight(operations, 1, async (index) =>
            verifier.authenticate(requests[index % 64] ?? requestWith('')),
          ),
      },
      {
        name: 'fast-jwt-cached',
        run: () => {
          for (let done = 0; done < operations; done += 1) cached(tokens[done % 64] ?? '');
        },
      },
    ];
    return interleave(variants, { row: NAME, rounds, operations, time: 'cpu' });
  },
};
