import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { CountersignError } from '../../errors.js';
import { errorCode } from '../../lib/error-text.js';

/**
 * Reads a file that holds a secret. A failure names the path and the system's error code, and nothing that the file holds.
 * @throws CountersignError `token_unavailable` when it cannot be read, is no file, or is larger than `maxBytes`.
 */
export async function readSecretFile(path: string, maxBytes: number): Promise<string> {
  const octets = await readOctets(path, maxBytes).catch((error: unknown) => {
    throw unavailable(`the file ${path} cannot be read (${errorCode(error) ?? 'unknown error'})`);
  });
  if (octets === undefined) throw unavailable(`${path} is not a file`);
  if (octets.byteLength > maxBytes)
    throw unavailable(`the file ${path} is larger than ${String(maxBytes)} bytes`);
  return octets.toString('latin1');
}

/** Reads at most one octet more than is allowed. Undefined when the path is not a file. */
async function readOctets(path: string, maxBytes: number): Promise<Buffer | undefined> {
  // Without O_NONBLOCK, opening a pipe would block a thread until somebody writes to it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const stream: AsyncIterable<Buffer> = file.createReadStream({ end: maxBytes, autoClose: false });
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece);
    return Buffer.concat(pieces);
  } finally {
    await file.close();
  }
}

function unavailable(problem: string): CountersignError {
  return new CountersignError('token_unavailable', problem, { retryAfterSeconds: 1 });
}
