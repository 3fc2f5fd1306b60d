import { type JsonWebKey, type KeyObject } from 'node:crypto';
import { publicJwk } from './jwk.js';

/**
 * Why nobody may rely on a public key, although it is of the right type and size; undefined where nothing speaks against it.
 * Looks at what the key shows by itself: a private key that somebody else has, or that was made with bad random numbers,
 * cannot be seen here.
 * @param members those of the key, where they are known already.
 */
export function weaknessOf(key: KeyObject, members: JsonWebKey = publicJwk(key)): string | undefined {
  if (key.asymmetricKeyType === 'rsa') return weaknessOfRsa(key, octetsOf(members.n));
  if (key.asymmetricKeyType === 'ed25519' && isOfSmallOrder(octetsOf(members.x)))
    return 'its point is of small order, so that anybody can sign for it';
  return undefined;
}

/**
 * Go takes exponents of 31 bits, and Windows (RSAPUBKEY) of 32. A longer one is of no use, and makes a signature as dear to
 * check as to make.
 */
const EXPONENT_END = 2n ** 32n;

function weaknessOfRsa({ asymmetricKeyDetails }: KeyObject, octets: Buffer): string | undefined {
  const exponent = asymmetricKeyDetails?.publicExponent ?? 0n;
  const isUsual = exponent === 3n || (exponent >= 65_537n && exponent < EXPONENT_END);
  if (!isUsual || exponent % 2n === 0n) return 'its exponent is not 3, nor an odd number from 65537 to 2^32';
  const modulus = BigInt(`0x${octets.toString('hex')}`);
  if (modulus % 2n === 0n) return 'its modulus is even';
  if (SMALL_PRIMES.every((prime) => isPowerOf65537(Number(modulus % BigInt(prime)), prime)))
    return 'its modulus has the fingerprint of ROCA (CVE-2017-15361), so that its private key can be computed';
  return undefined;
}

/**
 * Chips of one maker chose both primes so that the modulus is a power of 65537 by every small prime. These are the primes
 * for keys of 1,984 bits and more; an ordinary modulus passes all of them once in 2^167, and ends at one of the first.
 * @see Nemec, Sys, Svenda, Klinec, Matyas: The Return of Coppersmith's Attack (CCS 2017), sections 2.1 and 2.3
 */
const SMALL_PRIMES = primesUpTo(701);

function primesUpTo(last: number): readonly number[] {
  const primes: number[] = [];
  for (let number = 2; number <= last; number++)
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  return primes;
}

function isPowerOf65537(rest: number, prime: number): boolean {
  let power = 1;
  do {
    if (power === rest) return true;
    power = (power * 65_537) % prime;
  } while (power !== 1);
  return false;
}

const FIELD = 2n ** 255n - 19n;
const OF_ORDER_8 = BigInt('0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826');

/** The y of the eight points whose order divides 8: of the orders 4, 1, 2 and 8. */
const SMALL_ORDER: ReadonlySet<bigint> = new Set([0n, 1n, FIELD - 1n, OF_ORDER_8, FIELD - OF_ORDER_8]);

/** Also in the encodings that RFC 8032 forbids, which OpenSSL takes: with a y beyond the field, or a sign of nothing. */
function isOfSmallOrder(octets: Buffer): boolean {
  const number = BigInt(`0x${Buffer.from(octets).reverse().toString('hex')}`);
  return SMALL_ORDER.has((number % 2n ** 255n) % FIELD);
}

function octetsOf(member: string | undefined): Buffer {
  return Buffer.from(member ?? '', 'base64url');
}
