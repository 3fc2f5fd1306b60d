import { randomBytes } from 'node:crypto';
import { inFlight } from '../interleave.js';
import { refused, requestWith, verifierFor } from '../micro/subjects.js';
import { Samples, type Measurement } from '../results/results.js';
import { type BenchRow } from '../row.js';
import { mintThread } from '../tokens/mint-tokens.js';
import { encode, signingKey, type SigningKey } from '../tokens/signing-key.js';

const MARKS = [1, 1000, 10_000, 100_000, 1_000_000];
const QUICK_MARKS = [1, 1000, 3000];
const BATCH = 5000;

/** Memory after so many distinct good ES256 tokens, and how long each took. */
export const goodTokensRow: BenchRow = {
  name: 'scale/good-tokens',
  async measure({ quick }) {
    const key = signingKey('ES256');
    const thread = mintThread(key);
    const verifier = verifierFor(key);
    try {
      // The thread signs the next tokens while these are verified.
      let minted = thread.next(BATCH);
      const next = async () => {
        const batch = await minted;
        minted = thread.next(BATCH);
        return batch;
      };
      const accept = async (tokens: readonly string[]) =>
        inFlight(tokens.length, 64, (index) => verifier.authenticate(requestWith(tokens[index] ?? '')));
      return await measureMarks('scale/good-tokens', quick ? QUICK_MARKS : MARKS, next, accept);
    } finally {
      await thread.close();
    }
  },
};

/** Memory after so many distinct bad tokens, and how long each took. */
export const garbageTokensRow: BenchRow = {
  name: 'scale/garbage-tokens',
  async measure({ quick }) {
    const key = signingKey('ES256');
    const verifier = verifierFor(key);
    const makeGarbage = garbageMaker(key);
    const next = () => Promise.resolve(Array.from({ length: BATCH }, (_, index) => makeGarbage(index)));
    const refuse = async (tokens: readonly string[]) =>
      inFlight(tokens.length, 64, (index) =>
        refused(() => verifier.authenticate(requestWith(tokens[index] ?? ''))),
      );
    return measureMarks('scale/garbage-tokens', quick ? QUICK_MARKS : MARKS, next, refuse);
  },
};

/** Kinds of garbage in turn; one of fifty has the right form, and costs a signature check. */
function garbageMaker(key: SigningKey): (index: number) => string {
  const [header = '', claims = '', signature = ''] = key.token().split('.');
  const unique = () => randomBytes(24).toString('base64url');
  const kinds = [
    () => unique(),
    () => `${unique()}.${claims}.${signature}`,
    () => `${header}.${encode({ iss: `https://${unique()}.example/` })}.${signature}`,
    () => `${encode({ alg: 'ES256', typ: 'JWT', kid: unique() })}.${claims}.${signature}`,
  ];
  return (index) => {
    if (index % 50 === 0) return `${header}.${claims}.${randomBytes(64).toString('base64url')}`;
    return kinds[index % kinds.length]?.() ?? '';
  };
}

/** Runs through the tokens up to each mark; heap and buffers are what is left after a collection, above the start. */
async function measureMarks(
  row: string,
  marks: readonly number[],
  nextBatch: () => Promise<readonly string[]>,
  use: (tokens: readonly string[]) => Promise<void>,
): Promise<readonly Measurement[]> {
  const samples = new Samples();
  let waiting: readonly string[] = await nextBatch();
  // Compiled code is not what is measured.
  await use(waiting.slice(0, 100));
  waiting = [];
  const start = await memoryMb();
  let done = 0;
  for (const mark of marks) {
    let busyMs = 0;
    const before = done;
    while (done < mark) {
      if (waiting.length === 0) waiting = await nextBatch();
      const tokens = waiting.slice(0, mark - done);
      waiting = waiting.slice(tokens.length);
      const started = performance.now();
      await use(tokens);
      busyMs += performance.now() - started;
      done += tokens.length;
    }
    waiting = [];
    samples.add(`${row}/${String(mark)}-time`, 'µs', (busyMs * 1000) / (done - before));
    samples.add(`${row}/${String(mark)}-heap`, 'MB', (await memoryMb()) - start);
  }
  return samples.measurements();
}

async function memoryMb(): Promise<number> {
  for (let collection = 0; collection < 3; collection += 1) {
    await new Promise((resume) => setImmediate(resume));
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}
