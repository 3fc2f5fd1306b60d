import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { link, mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { invalidOption, OptionsReader } from '../options.js';
import { algorithmNamed, keyFits, type Algorithm } from './algorithms.js';
import { signBytes } from './signature.js';
import { jwkThumbprint, publicJwk, type PublicJwk } from './public-jwk.js';

/** Signs with one of our keys. The seam for a key that another process or device holds. */
export interface Signer {
  /** The RFC 7638 thumbprint of the public key. */
  readonly keyId: string;
  readonly algorithm: Algorithm;
  /** The signature in the form that JWS wants (RFC 7518 section 3). */
  sign(input: Buffer): Promise<Buffer>;
}

/** Our own keys: one signs, all are published. */
export interface KeyStore {
  /** The key that signs now. */
  signer(): Signer;
  /** The public key set, as served at `/.well-known/jwks.json` (RFC 7517 section 5). */
  publicKeys(): { readonly keys: readonly PublicJwk[] };
}

/** Where our own keys are: exactly one of these forms. */
export type KeyStoreOptions =
  | {
      /** A directory of private JWK files, `0001.jwk.json` and on. The highest number signs; all are published. */
      readonly directory: string;
      /** The algorithm of the key that is made when the directory is empty. Default `ES256`. */
      readonly algorithm?: SigningAlgorithm;
    }
  | {
      /** Private keys as JWK or PEM. The last one signs; all are published. */
      readonly privateKeys: readonly (object | string)[];
    };

/** The algorithms that a service may sign its own tokens with. */
export type SigningAlgorithm = 'ES256' | 'ES384' | 'EdDSA' | 'RS256' | 'PS256';

const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'];

/**
 * Opens our own keys; makes an ES256 key in an empty directory, readable by this user only.
 * Two processes that start on one empty directory end up with one key. The directory is read once.
 * @throws TypeError for a key that must not sign: RSA below 2048 bits, another curve, an encrypted or a public key.
 */
export async function createKeyStore(options: KeyStoreOptions): Promise<KeyStore> {
  const read = new OptionsReader(options, 'keys', ['directory', 'algorithm', 'privateKeys']);
  if (read.has('directory') === read.has('privateKeys')) {
    throw invalidOption('keys', 'must hold exactly one of directory, privateKeys');
  }
  if ('privateKeys' in options) {
    return keyStoreOf(
      options.privateKeys.map((key, index) => readKey(key, `keys.privateKeys[${String(index)}]`)),
    );
  }
  const algorithm = read.oneOf('algorithm', SIGNING_ALGORITHMS, 'ES256');
  return keyStoreOf(await readDirectory(read.string('directory'), algorithm));
}

interface OwnKey {
  readonly privateKey: KeyObject;
  readonly algorithm: Algorithm;
  readonly jwk: PublicJwk;
}

function keyStoreOf(keys: readonly OwnKey[]): KeyStore {
  const active = keys.at(-1);
  if (active === undefined) throw invalidOption('keys', 'must hold at least one private key');
  const signer: Signer = {
    keyId: active.jwk.kid,
    algorithm: active.algorithm,
    sign: (input) => signBytes(active.algorithm, active.privateKey, input),
  };
  const published = Object.freeze({ keys: Object.freeze(keys.map((key) => key.jwk)) });
  return { signer: () => signer, publicKeys: () => published };
}

const KEY_FILE = /^\d{4}\.jwk\.json$/;

async function readDirectory(directory: string, algorithm: SigningAlgorithm): Promise<readonly OwnKey[]> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  let files = await keyFiles(directory);
  if (files.length === 0) {
    await writeFirstKey(directory, algorithm);
    files = await keyFiles(directory);
  }
  return Promise.all(
    files.map(async (file) => {
      const path = join(directory, file);
      const text = await readFile(path, 'utf8');
      return readKey(parseJwk(text, path), path);
    }),
  );
}

async function keyFiles(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => KEY_FILE.test(name)).sort();
}

/** Writes beside the name and links it: whoever comes second keeps the first one's key, and no reader sees half a file. */
async function writeFirstKey(directory: string, algorithm: SigningAlgorithm): Promise<void> {
  const privateKey = await generateKey(algorithm);
  const temporary = join(directory, `.${String(process.pid)}-${crypto.randomUUID()}.tmp`);
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: algorithm, use: 'sig' };
  await writeFile(temporary, JSON.stringify(jwk), { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(temporary, join(directory, '0001.jwk.json'));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await unlink(temporary);
  }
}

async function generateKey(algorithm: SigningAlgorithm): Promise<KeyObject> {
  const generate = promisify(generateKeyPair);
  if (algorithm === 'EdDSA') return (await promisify(generateKeyPair)('ed25519')).privateKey;
  if (algorithm === 'ES256' || algorithm === 'ES384') {
    return (await generate('ec', { namedCurve: algorithm === 'ES256' ? 'P-256' : 'P-384' })).privateKey;
  }
  return (await generate('rsa', { modulusLength: 3072 })).privateKey;
}

function parseJwk(text: string, path: string): object {
  try {
    const jwk: unknown = JSON.parse(text);
    if (typeof jwk === 'object' && jwk !== null) return jwk;
  } catch {
    // What follows says the same, without the parser's excerpt of the file.
  }
  throw invalidOption(path, 'must hold one private key as a JWK');
}

function readKey(key: object | string, path: string): OwnKey {
  const privateKey = importPrivateKey(key, path);
  const stated = typeof key === 'object' && 'alg' in key ? key.alg : undefined;
  const algorithm = SIGNING_ALGORITHMS.find(
    (candidate) =>
      keyFits(privateKey, candidate) &&
      (stated === undefined || algorithmNamed(String(stated)) === candidate),
  );
  if (algorithm === undefined) {
    throw invalidOption(
      path,
      `must be a key for ${SIGNING_ALGORITHMS.join(', ')}; RSA needs at least 2048 bits`,
    );
  }
  const jwk = publicJwk(createPublicKey(privateKey));
  const keyId = jwkThumbprint(jwk);
  const statedId = typeof key === 'object' && 'kid' in key ? key.kid : keyId;
  if (statedId !== keyId)
    throw invalidOption(`${path}.kid`, 'must be the RFC 7638 thumbprint of the key, or left out');
  return { privateKey, algorithm, jwk: { ...jwk, kid: keyId, alg: algorithm, use: 'sig' } };
}

function importPrivateKey(key: object | string, path: string): KeyObject {
  if (typeof key === 'string' && key.includes('PUBLIC KEY')) {
    throw invalidOption(path, 'is a public key; signing needs the private one');
  }
  if (typeof key === 'string' && key.includes('ENCRYPTED')) {
    throw invalidOption(path, 'is encrypted; decrypt it before you hand it over');
  }
  const jwk: JsonWebKey = typeof key === 'object' ? Object.fromEntries(Object.entries(key)) : {};
  if (typeof key === 'object' && jwk.d === undefined) {
    throw invalidOption(path, 'is a public key; signing needs the private one');
  }
  try {
    return createPrivateKey(typeof key === 'string' ? key : { key: jwk, format: 'jwk' });
  } catch {
    throw invalidOption(path, 'is not a private key that can be read');
  }
}
