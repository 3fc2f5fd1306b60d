import { invalidOption } from '../../options.js';

/** A number of bytes, or a size such as `512kb` or `10mb`; 1kb is 1,024 bytes, as in the options of body parsers. */
export type ByteSize = number | string;

const SIZE = /^(\d{1,10}(?:\.\d{1,10})?) ?(b|kb|mb|gb)$/i;

const BYTES: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['kb', 1024],
  ['mb', 1_048_576],
  ['gb', 1_073_741_824],
]);

const MAX = 1_073_741_824;

/**
 * Reads the size of a body as people write it. A text without a unit is refused, since nobody could say which one was meant.
 * @param path what the size belongs to, for messages.
 * @returns whole bytes, rounded down, from 0 to 1,073,741,824.
 * @throws TypeError naming `path`.
 */
export function readByteSize(value: ByteSize, path: string): number {
  const bytes = bytesOf(value);
  if (bytes !== undefined && bytes <= MAX) return bytes;
  throw invalidOption(
    path,
    "must be a whole number of bytes or a size with its unit, such as '512kb' or '10mb', of at most 1gb",
  );
}

function bytesOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value : undefined;
  const [, amount, unit] = (typeof value === 'string' ? SIZE.exec(value) : null) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return Math.floor(Number(amount) * (BYTES.get(unit.toLowerCase()) ?? Number.NaN));
}
