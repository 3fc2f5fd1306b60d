import { createPrivateKey, createPublicKey, generatePrimeSync } from 'node:crypto';
import { forgeKeyOf, type ForgeKey } from './forge.js';

const PRIMES = 8;

/**
 * A key for PS256 whose modulus has exactly so many bits, and that exponent, a prime. It is made of small primes, four to
 * a factor: that is of no use against anybody, but takes a tenth of a second, where two large ones take ten.
 */
export function createRsaKey(bits: number, exponent = 65_537n): ForgeKey {
  const primes = primesOf(bits, exponent);
  const [p, q] = [primes.slice(0, PRIMES / 2), primes.slice(PRIMES / 2)] as const;
  const d = inverse(exponent, totient(primes));
  const members = {
    n: product(primes),
    e: exponent,
    d,
    p: product(p),
    q: product(q),
    dp: d % totient(p),
    dq: d % totient(q),
    qi: inverse(product(q), product(p)),
  };
  const encoded = Object.entries(members).map(([name, value]) => [name, base64url(value)]);
  const key = { kty: 'RSA', ...Object.fromEntries(encoded) };
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  return forgeKeyOf({ privateKey, publicKey: createPublicKey(privateKey) }, 'PS256');
}

function primesOf(bits: number, exponent: bigint): readonly bigint[] {
  const most = Array.from({ length: PRIMES - 1 }, () => primeOf(Math.floor(bits / PRIMES), exponent));
  const rest = bits - bitsOf(product(most));
  for (let attempt = 0; ; attempt++) {
    const primes = [...most, primeOf(rest + (attempt % 2), exponent)];
    if (bitsOf(product(primes)) === bits) return primes;
  }
}

/** One that the exponent has an inverse for. */
function primeOf(bits: number, exponent: bigint): bigint {
  for (;;) {
    const prime = generatePrimeSync(bits, { bigint: true });
    if ((prime - 1n) % exponent !== 0n) return prime;
  }
}

function product(factors: readonly bigint[]): bigint {
  return factors.reduce((all, factor) => all * factor, 1n);
}

function totient(primes: readonly bigint[]): bigint {
  return product(primes.map((prime) => prime - 1n));
}

function bitsOf(value: bigint): number {
  return value.toString(2).length;
}

/** By the extended algorithm of Euclid. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [rest, next, factor, nextFactor] = [value, modulus, 1n, 0n];
  while (next !== 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return ((factor % modulus) + modulus) % modulus;
}

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}
