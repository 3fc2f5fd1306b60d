import { resolve } from 'node:path';
import { DELEGATION_PROOF_HEADER } from '../../binding.js';
import { type Clock } from '../../clock.js';
import { CountersignError } from '../../errors.js';
import { invalidOption, OptionsReader } from '../../options.js';
import { readSecretFile } from './secret-file.js';
import { isTransportHeader } from '../transport-headers.js';

/** A credential that another party gave this service, such as an API key. It is sent as it is. */
export type StaticCredentialRecord = {
  /** The header that carries it, such as `X-Api-Key`. */
  readonly header: string;
} & (
  | {
      /** The whole value of the header, for `Authorization` including the scheme. */
      readonly value: string;
    }
  | {
      /** A file that holds the value, with or without a line break at its end. Changes are noticed within a second. */
      readonly valueFile: string;
    }
);

/** A static credential whose record was checked. */
export interface StaticCredential {
  readonly header: string;
  /**
   * Returns the value of the header. It is a function so that printing a destination does not print the secret.
   * @throws CountersignError `token_unavailable` if its file cannot be read or contains no valid value.
   */
  readonly value: (clock: Clock) => Promise<string>;
}

/** RFC 9110 section 5.6.2. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** RFC 9110 section 5.5, without what is obsolete and without tabs. */
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Servers accept 8 to 16 KiB of headers in all. */
const MAX_BYTES = 8192;

/** How long a value that was read from a file is used. */
const REREAD_SECONDS = 1;

/** Headers about the body or a session, and those that Countersign itself sends. */
const OTHER_HEADERS = /^(?:content-.*|cookie|jwt|countersign-.*)$/i;

/** @throws TypeError naming the member; never its value, which is the secret. */
export function readStaticCredential(given: unknown, path: string): StaticCredential {
  const record = new OptionsReader(given, path, ['header', 'value', 'valueFile']);
  const header = record.string('header');
  if (!HEADER_NAME.test(header)) throw invalidOption(record.at('header'), 'must be the name of one header');
  const isTaken = isTransportHeader(header) || OTHER_HEADERS.test(header);
  if (isTaken || header.toLowerCase() === DELEGATION_PROOF_HEADER.toLowerCase())
    throw invalidOption(
      record.at('header'),
      'must not be a header that frames or describes the message, nor one of Countersign',
    );
  if (record.has('value') === record.has('valueFile'))
    throw invalidOption(path, 'must have either value or valueFile');
  if (record.has('valueFile'))
    return Object.freeze({ header, value: fromFile(resolve(record.string('valueFile'))) });
  const value = record.string('value');
  if (value.length > MAX_BYTES || !HEADER_VALUE.test(value))
    throw invalidOption(
      record.at('value'),
      `must be at most ${String(MAX_BYTES)} printable ASCII characters`,
    );
  return Object.freeze({ header, value: () => Promise.resolve(value) });
}

/** Keeps the value for a moment, so that a busy service does not read the file for every call. A failure is not kept. */
function fromFile(path: string): StaticCredential['value'] {
  let last: { readonly value: Promise<string>; readonly readAt: number } | undefined;
  return (clock) => {
    const now = clock.monotonic();
    if (last !== undefined && now - last.readAt < REREAD_SECONDS) return last.value;
    const reading = { value: readValue(path), readAt: now };
    last = reading;
    reading.value.catch(() => {
      if (last === reading) last = undefined;
    });
    return reading.value;
  };
}

async function readValue(path: string): Promise<string> {
  const value = (await readSecretFile(path, MAX_BYTES)).replace(/\r?\n$/, '');
  if (HEADER_VALUE.test(value)) return value;
  const problem = `the file ${path} does not hold one line of printable ASCII characters`;
  throw new CountersignError('token_unavailable', problem, { retryAfterSeconds: 1 });
}
