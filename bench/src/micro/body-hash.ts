import { createHash, randomBytes } from 'node:crypto';
import { bodyHash } from '@countersign/core/adapter';
import { interleave } from '../interleave.js';
import { type Measurement } from '../results/results.js';
import { type BenchRow } from '../row.js';

const NAME = 'micro/body-hash';
const SIZES: readonly (readonly [string, number])[] = [
  ['1-kib', 1024],
  ['64-kib', 65_536],
  ['1-mib', 1_048_576],
];

/** The hash that binds a body, beside SHA-256 alone. */
export const bodyHashRow: BenchRow = {
  name: NAME,
  async measure({ quick, rounds }) {
    const measured: Measurement[] = [];
    for (const [size, bytes] of SIZES) {
      const body = randomBytes(bytes);
      const operations = Math.ceil((quick ? 2e6 : 3e7) / (bytes + 4096));
      const variants = [
        { name: 'raw', run: () => repeat(operations, () => createHash('sha256').update(body).digest()) },
        { name: 'countersign', run: () => repeat(operations, () => bodyHash(body)) },
      ];
      measured.push(
        ...(await interleave(variants, { row: `${NAME}-${size}`, rounds, operations, time: 'cpu' })),
      );
    }
    return measured;
  },
};

function repeat(operations: number, operation: () => unknown): void {
  for (let done = 0; done < operations; done += 1) operation();
}
