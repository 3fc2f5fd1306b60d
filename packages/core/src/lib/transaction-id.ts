import { randomBytes } from 'node:crypto';

/** 120 bits, which are 20 characters of base64url. */
const OCTETS = 15;
const CHARACTERS = 20;
const AT_ONCE = 64;

/** Ids that nobody has had yet, one after the other. */
let unused = '';
let next = 0;

/**
 * The id of a transaction that begins here: nobody has had it before, and it tells nothing. Asked for in nearly every
 * request of an outside caller, so that some are made at once.
 */
export function newTransactionId(): string {
  if (next === unused.length) {
    unused = randomBytes(OCTETS * AT_ONCE).toString('base64url');
    next = 0;
  }
  return unused.slice(next, (next += CHARACTERS));
}
