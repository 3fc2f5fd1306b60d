import { inFlight, interleave } from '../interleave.js';
import { type BenchRow } from '../row.js';
import { mintTokens } from '../tokens/mint-tokens.js';
import { signingKey } from '../tokens/signing-key.js';
import { rawVerify, signedText } from './raw-crypto.js';
import { once, requestWith, verifierFor } from './subjects.js';

const NAME = 'micro/64-in-flight-es256';

/** 64 new ES256 tokens at once on all cores, beside `crypto.verify` one after the other. Time on the clock. */
export const parallelRow: BenchRow = {
  name: NAME,
  async measure({ quick, rounds }) {
    const operations = quick ? 256 : 2048;
    const key = signingKey('ES256');
    const tokens = await mintTokens(key, operations * (rounds + 1));
    const verifier = verifierFor(key);
    const [nextText, nextRequest] = [
      once(tokens.map((token) => signedText(token, key.algorithm))),
      once(tokens.map(requestWith)),
    ];
    const variants = [
      {
        name: 'raw',
        run: () => {
          for (let done = 0; done < operations; done += 1) rawVerify(key, nextText());
        },
      },
      {
        name: 'countersign',
        run: () => inFlight(operations, 64, () => verifier.authenticate(nextRequest())),
      },
    ];
    return interleave(variants, { row: NAME, rounds, operations, time: 'wall' });
  },
};
