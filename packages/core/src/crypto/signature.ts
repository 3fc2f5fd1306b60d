import { sign, verify, type KeyObject, type SignKeyObjectInput } from 'node:crypto';
import { withScratch } from '../lib/scratch-buffer.js';
import { algorithmRules, signatureBytes, type Algorithm } from './algorithms.js';
import { fromDer, toDer } from './ecdsa-der.js';
import { doneAtEndOfTurn, isLong, runInPool, takeBudget, type Done } from './scheduler.js';

/**
 * Verifies one signature on OpenSSL: at the end of this turn of the event loop when that is short, otherwise off the loop.
 * Checks the signature's length first (RFC 7518 section 3.4 fixes it for ECDSA), and nothing about the key:
 * `keyFits` did that when the key was read.
 * @param input a text stands for one octet for each of its characters.
 */
export function verifySignatureBytes(
  algorithm: Algorithm,
  key: KeyObject,
  input: Buffer | string,
  signature: Buffer,
): boolean | Promise<boolean> {
  if (signature.length !== signatureBytes(key, algorithm)) return false;
  const { hash, keyType } = algorithmRules(algorithm);
  const options = cryptoKey(key, algorithm);
  const checked = keyType === 'ec' ? toDer(signature) : signature;
  if (takeBudget('verify', algorithm, key))
    return doneAtEndOfTurn(() => {
      const check = (octets: Buffer): boolean => verify(hash, octets, options, checked);
      return typeof input === 'string' ? withScratch(input, 'latin1', check) : check(input);
    });
  const octets = typeof input === 'string' ? Buffer.from(input, 'latin1') : input;
  return runInPool(isLong('verify', algorithm, key), (done: Done<boolean>) =>
    verify(hash, octets, options, checked, done),
  );
}

/**
 * Signs on OpenSSL: at the end of this turn of the event loop when that is short, otherwise off the loop. ECDSA signatures
 * come out as R and S side by side (RFC 7518 section 3.4).
 */
export function signBytes(algorithm: Algorithm, key: KeyObject, input: Buffer): Promise<Buffer> {
  const { hash, keyType } = algorithmRules(algorithm);
  const options = cryptoKey(key, algorithm);
  const finish = (signature: Buffer) =>
    keyType === 'ec' ? fromDer(signature, signatureBytes(key, algorithm) / 2) : signature;
  if (takeBudget('sign', algorithm, key)) return doneAtEndOfTurn(() => finish(sign(hash, input, options)));
  const signed = runInPool(isLong('sign', algorithm, key), (done: Done<Buffer>) =>
    sign(hash, input, options, done),
  );
  return signed.then(finish);
}

/** The key alone where its defaults are right: on Node 24 a key with options costs 10 µs more, whatever they say. */
function cryptoKey(key: KeyObject, algorithm: Algorithm): KeyObject | SignKeyObjectInput {
  const { padding, saltLength } = algorithmRules(algorithm);
  return padding === undefined || saltLength === undefined ? key : { key, padding, saltLength };
}
