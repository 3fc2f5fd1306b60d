import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { CountersignError } from '../errors.js';
import { invalidOption, OptionsReader } from '../options.js';
import { withTimeout } from '../lib/with-timeout.js';
import { keyFits, signatureBytes } from '../crypto/algorithms.js';
import { fromDer } from '../crypto/ecdsa-der.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './signing-key.js';
import { jwkThumbprint, publicJwk, type PublicJwk } from '../crypto/jwk.js';
import { verifySignatureBytes } from '../crypto/signature.js';
import { weaknessOf } from '../crypto/weak-keys.js';
import { type Signer } from './key-store.js';

/** A private key in another process or device, such as a key management service or a hardware security module. */
export interface RemoteSigner {
  /** The public key, as JWK or PEM. */
  readonly publicKey: object | string;
  /** Signs the given bytes (not their hash) with `algorithm`. */
  readonly sign: (input: Buffer) => Promise<Buffer>;
  /** Default: the `alg` of the JWK, or the first algorithm that fits the key; `RS256` for RSA. */
  readonly algorithm?: SigningAlgorithm;
  /** The format of an ECDSA signature. Most key management services return `der`. Default `jose`: R and S concatenated. */
  readonly signatureFormat?: 'jose' | 'der';
}

export interface RemoteSignerOptions {
  readonly path: string;
  readonly timeoutMs: number;
}

/**
 * Makes signers of keys that are elsewhere. Each signs a probe now, and every signature is verified with the public key
 * before it is used: a key that was exchanged behind its name is noticed here, and not by the services that are called.
 * @throws TypeError naming the member; also for a signer that does not sign.
 */
export async function openRemoteSigners(
  signers: readonly unknown[],
  { path, timeoutMs }: RemoteSignerOptions,
): Promise<readonly { readonly signer: Signer; readonly jwk: PublicJwk }[]> {
  return Promise.all(
    signers.map((value, index) => openSigner(value, `${path}[${String(index)}]`, timeoutMs)),
  );
}

const PROBE = Buffer.from('Countersign signer check');

async function openSigner(
  value: unknown,
  path: string,
  timeoutMs: number,
): Promise<{ readonly signer: Signer; readonly jwk: PublicJwk }> {
  const read = new OptionsReader(value, path, ['publicKey', 'sign', 'algorithm', 'signatureFormat']);
  const { key, algorithm } = readPublicKey(read);
  const sign = readSign(read);
  const isDer = read.oneOf('signatureFormat', ['jose', 'der'], 'jose') === 'der';
  if (isDer && key.asymmetricKeyType !== 'ec')
    throw invalidOption(read.at('signatureFormat'), 'is "der" for ECDSA only');

  const tooLate = (): Error => new SignerFailure(`it did not answer within ${String(timeoutMs)} ms`);

  async function signature(input: Buffer): Promise<Buffer> {
    const answer = await withTimeout(() => sign(input), timeoutMs, tooLate);
    if (!(answer instanceof Uint8Array))
      throw new SignerFailure('the signer answered with something else than octets');
    const octets = Buffer.from(answer);
    const signed = isDer ? translated(octets, signatureBytes(key, algorithm)) : octets;
    if (await verifySignatureBytes(algorithm, key, input, signed)) return signed;
    throw new SignerFailure(`the signature is not one for ${algorithm} by the public key`);
  }

  try {
    await signature(PROBE);
  } catch (error) {
    const why = error instanceof SignerFailure ? error.message : 'it failed';
    throw Object.assign(invalidOption(read.at('sign'), `cannot sign: ${why}`), { cause: error });
  }
  const members = publicJwk(key);
  const jwk = Object.freeze({ ...members, kid: jwkThumbprint(members), alg: algorithm, use: 'sig' as const });
  const signer: Signer = {
    keyId: jwk.kid,
    algorithm,
    async sign(input) {
      try {
        return await signature(input);
      } catch (cause) {
        throw new CountersignError('token_unavailable', 'our own key could not sign', {
          cause,
          retryAfterSeconds: 1,
        });
      }
    },
  };
  return { signer: Object.freeze(signer), jwk };
}

function readPublicKey(read: OptionsReader): {
  readonly key: KeyObject;
  readonly algorithm: SigningAlgorithm;
} {
  const value = read.raw('publicKey');
  const path = read.at('publicKey');
  const jwk =
    typeof value === 'object' && value !== null ? new Map<string, unknown>(Object.entries(value)) : undefined;
  if (jwk?.has('d') === true || (typeof value === 'string' && value.includes('PRIVATE')))
    throw invalidOption(path, 'is a private key; keep it where it is, and hand over its public half');
  const key = importPublicKey(typeof value === 'string' ? value : Object.fromEntries(jwk ?? []), path);
  const stated = read.has('algorithm') ? read.oneOf('algorithm', SIGNING_ALGORITHMS) : jwk?.get('alg');
  const algorithm = SIGNING_ALGORITHMS.find(
    (candidate) => keyFits(key, candidate) && (stated === undefined || stated === candidate),
  );
  const weakness = weaknessOf(key);
  if (weakness !== undefined) throw invalidOption(path, `is weak: ${weakness}`);
  if (algorithm !== undefined) return { key, algorithm };
  throw invalidOption(
    path,
    `must be a key for ${SIGNING_ALGORITHMS.join(', ')}; RSA needs at least 2048 bits`,
  );
}

function importPublicKey(key: string | JsonWebKey, path: string): KeyObject {
  try {
    return typeof key === 'string' ? createPublicKey(key) : createPublicKey({ key, format: 'jwk' });
  } catch {
    throw invalidOption(path, 'must be a public key, as a JWK or in PEM');
  }
}

/** What we find wrong with an answer. What the signer itself throws may say anything, and is not repeated. */
class SignerFailure extends Error {
  override readonly name = 'SignerFailure';
}

function translated(octets: Buffer, bytes: number): Buffer {
  try {
    return fromDer(octets, bytes / 2);
  } catch (cause) {
    throw new SignerFailure('the signature is not an ECDSA signature of its curve in DER', { cause });
  }
}

function readSign(read: OptionsReader): (input: Buffer) => unknown {
  const value = read.raw('sign');
  if (typeof value === 'function') return (input): unknown => Reflect.apply(value, undefined, [input]);
  throw invalidOption(read.at('sign'), 'must be a function');
}
