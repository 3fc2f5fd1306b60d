import { sign, verify, type KeyObject } from 'node:crypto';
import { algorithmRules, signatureBytes, type Algorithm } from './algorithms.js';

/**
 * Verifies one signature on OpenSSL, off the event loop.
 * Checks the signature's length first (RFC 7518 section 3.4 fixes it for ECDSA), and nothing about the key:
 * `keyFits` did that when the key was read.
 */
export function verifySignatureBytes(
  algorithm: Algorithm,
  key: KeyObject,
  input: Buffer,
  signature: Buffer,
): Promise<boolean> {
  if (signature.length !== signatureBytes(key, algorithm)) return Promise.resolve(false);
  const rules = algorithmRules(algorithm);
  return new Promise((resolve, reject) => {
    verify(rules.hash, input, cryptoKey(key, algorithm), signature, (error, valid) => {
      if (error === null) resolve(valid);
      else reject(error);
    });
  });
}

/** Signs on OpenSSL, off the event loop; ECDSA signatures come out as R and S side by side (RFC 7518 section 3.4). */
export function signBytes(algorithm: Algorithm, key: KeyObject, input: Buffer): Promise<Buffer> {
  const rules = algorithmRules(algorithm);
  return new Promise((resolve, reject) => {
    sign(rules.hash, input, cryptoKey(key, algorithm), (error, signature) => {
      if (error === null) resolve(signature);
      else reject(error);
    });
  });
}

function cryptoKey(key: KeyObject, algorithm: Algorithm) {
  const { keyType, padding, saltLength } = algorithmRules(algorithm);
  if (keyType === 'ec') return { key, dsaEncoding: 'ieee-p1363' as const };
  if (keyType === 'rsa') return { key, padding, saltLength };
  return { key };
}
