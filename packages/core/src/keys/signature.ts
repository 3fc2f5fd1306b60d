import { sign, verify, type KeyObject, type SignKeyObjectInput } from 'node:crypto';
import { algorithmRules, signatureBytes, type Algorithm } from './algorithms.js';
import { mayRunInPlace } from './in-place.js';

/**
 * Verifies one signature on OpenSSL: at once when that is short, otherwise off the event loop.
 * Checks the signature's length first (RFC 7518 section 3.4 fixes it for ECDSA), and nothing about the key:
 * `keyFits` did that when the key was read.
 */
export function verifySignatureBytes(
  algorithm: Algorithm,
  key: KeyObject,
  input: Buffer,
  signature: Buffer,
): boolean | Promise<boolean> {
  if (signature.length !== signatureBytes(key, algorithm)) return false;
  const { hash } = algorithmRules(algorithm);
  const options = cryptoKey(key, algorithm);
  if (mayRunInPlace('verify', algorithm, key)) return verify(hash, input, options, signature);
  return new Promise((resolve, reject) => {
    verify(hash, input, options, signature, (error, valid) => {
      if (error === null) resolve(valid);
      else reject(error);
    });
  });
}

/**
 * Signs on OpenSSL, at once when that is short, otherwise off the event loop. ECDSA signatures come out as R and S side by
 * side (RFC 7518 section 3.4).
 */
export function signBytes(algorithm: Algorithm, key: KeyObject, input: Buffer): Promise<Buffer> {
  const { hash } = algorithmRules(algorithm);
  const options = cryptoKey(key, algorithm);
  return new Promise((resolve, reject) => {
    if (mayRunInPlace('sign', algorithm, key)) {
      resolve(sign(hash, input, options));
      return;
    }
    sign(hash, input, options, (error, signature) => {
      if (error === null) resolve(signature);
      else reject(error);
    });
  });
}

function cryptoKey(key: KeyObject, algorithm: Algorithm): KeyObject | SignKeyObjectInput {
  const { keyType, padding, saltLength } = algorithmRules(algorithm);
  if (keyType === 'ec') return { key, dsaEncoding: 'ieee-p1363' };
  if (keyType === 'ed25519') return key;
  return saltLength === undefined ? { key, padding } : { key, padding, saltLength };
}
