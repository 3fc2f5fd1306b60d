import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { invalidOption } from '../options.js';
import { algorithmNamed, keyFits, MIN_RSA_BITS, type Algorithm } from '../crypto/algorithms.js';
import { jwkThumbprint, publicJwk, type PublicJwk } from '../crypto/jwk.js';
import { signBytes, verifySignatureBytes } from '../crypto/signature.js';
import { weaknessOf } from '../crypto/weak-keys.js';
import { isRecord } from '../lib/is-record.js';

/** The algorithms that a service may sign its own tokens with. */
export type SigningAlgorithm = 'ES256' | 'ES384' | 'EdDSA' | 'RS256' | 'PS256';

export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'];

/** One of our own keys, fit to sign. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly algorithm: SigningAlgorithm;
  /** What is published of it. */
  readonly jwk: PublicJwk;
}

/** Makes a private JWK for that algorithm; RSA has 3072 bits. */
export async function generatePrivateJwk(algorithm: SigningAlgorithm): Promise<JsonWebKey> {
  const { privateKey } = await generate(algorithm);
  // Read again before it is written as a JWK: until the job is collected that made a key, Node 20 can wait there for itself.
  const readAgain = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return { ...readAgain.export({ format: 'jwk' }), alg: algorithm, use: 'sig' };
}

function generate(algorithm: SigningAlgorithm): Promise<{ readonly privateKey: KeyObject }> {
  const make = promisify(generateKeyPair);
  if (algorithm === 'EdDSA') return promisify(generateKeyPair)('ed25519');
  if (algorithm === 'ES256') return make('ec', { namedCurve: 'P-256' });
  if (algorithm === 'ES384') return make('ec', { namedCurve: 'P-384' });
  return make('rsa', { modulusLength: 3072 });
}

/**
 * Reads a private key, as a JWK or in PEM, and lets it prove that it signs what its public half verifies.
 * @throws TypeError naming `path`, and nothing of the key.
 */
export async function readSigningKey(key: unknown, path: string): Promise<SigningKey> {
  const stated: JsonWebKey = isRecord(key) ? Object.fromEntries(Object.entries(key)) : {};
  const privateKey = importPrivateKey(isRecord(key) ? stated : key, path);
  const { modulusLength = MIN_RSA_BITS } = privateKey.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS)
    throw invalidOption(path, `is weak: RSA needs at least ${String(MIN_RSA_BITS)} bits`);
  const { alg } = stated;
  const statedAlgorithm = typeof alg === 'string' ? algorithmNamed(alg) : undefined;
  const algorithm = SIGNING_ALGORITHMS.find(
    (candidate) => keyFits(privateKey, candidate) && (alg === undefined || statedAlgorithm === candidate),
  );
  if (algorithm === undefined) {
    throw invalidOption(path, `must be a key for ${SIGNING_ALGORITHMS.join(', ')}`);
  }
  const weakness = weaknessOf(createPublicKey(privateKey));
  if (weakness !== undefined) throw invalidOption(path, `is weak: ${weakness}`);
  if (stated['use'] !== undefined && stated['use'] !== 'sig')
    throw invalidOption(`${path}.use`, 'must be "sig", or left out');
  const members = publicJwk(createPublicKey(privateKey));
  if (!(await isWhole(privateKey, algorithm, members, stated))) throw invalidOption(path, NO_PRIVATE_KEY);
  const kid = jwkThumbprint(members);
  if (stated['kid'] !== undefined && stated['kid'] !== kid)
    throw invalidOption(`${path}.kid`, 'must be the RFC 7638 thumbprint of the key, or left out');
  return { privateKey, algorithm, jwk: Object.freeze({ ...members, kid, alg: algorithm, use: 'sig' }) };
}

/** Newer releases of OpenSSL refuse halves of two keys while they read them, so that both get one answer. */
const NO_PRIVATE_KEY = 'must be a private key, as a JWK or in PEM, whose public half belongs to it';

const PROBE = Buffer.from('Countersign key check');

/** Older releases of OpenSSL take the halves of an EC or RSA key as they are, and derive those of an Ed25519 key: neither compares. */
async function isWhole(
  privateKey: KeyObject,
  algorithm: Algorithm,
  members: JsonWebKey,
  stated: JsonWebKey,
): Promise<boolean> {
  const differs = Object.entries(members).some(([name, value]) => (stated[name] ?? value) !== value);
  if (differs) return false;
  try {
    const publicKey = createPublicKey({ key: members, format: 'jwk' });
    const signature = await signBytes(algorithm, privateKey, PROBE);
    return await verifySignatureBytes(algorithm, publicKey, PROBE, signature);
  } catch {
    return false;
  }
}

function importPrivateKey(key: unknown, path: string): KeyObject {
  if (typeof key === 'string' && key.includes('PUBLIC KEY')) throw publicKeyGiven(path);
  if (typeof key === 'string' && key.includes('ENCRYPTED'))
    throw invalidOption(path, 'is encrypted; decrypt it before you hand it over');
  if (isRecord(key) && key['d'] === undefined) throw publicKeyGiven(path);
  try {
    if (typeof key === 'string') return createPrivateKey(key);
    if (isRecord(key)) return createPrivateKey({ key, format: 'jwk' });
  } catch {
    // What follows says the same, without OpenSSL's words about the key.
  }
  throw invalidOption(path, NO_PRIVATE_KEY);
}

function publicKeyGiven(path: string): TypeError {
  return invalidOption(path, 'is a public key; signing needs the private one');
}
