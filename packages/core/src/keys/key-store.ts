import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidOption, OptionsReader } from '../options.js';
import { type Algorithm } from './algorithms.js';
import {
  generatePrivateJwk,
  readOwnKey,
  SIGNING_ALGORITHMS,
  type OwnKey,
  type SigningAlgorithm,
} from './own-key.js';
import { type PublicJwk } from './public-jwk.js';
import { signBytes } from './signature.js';

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

/**
 * Opens our own keys; makes an ES256 key in an empty directory, readable by this user only.
 * Two processes that start on one empty directory end up with one key. The directory is read once.
 * Each key must sign what its public half verifies. Does not look who else may read the files.
 * @throws TypeError for a key that must not sign: RSA below 2048 bits, another curve, an encrypted or a public key, halves
 * that do not belong together.
 */
export async function createKeyStore(options: KeyStoreOptions): Promise<KeyStore> {
  const read = new OptionsReader(options, 'keys', ['directory', 'algorithm', 'privateKeys']);
  if (read.has('directory') === read.has('privateKeys')) {
    throw invalidOption('keys', 'must hold exactly one of directory, privateKeys');
  }
  if (read.has('directory')) {
    const algorithm = read.oneOf('algorithm', SIGNING_ALGORITHMS, 'ES256');
    return keyStoreOf(await readDirectory(read.string('directory'), algorithm));
  }
  if (read.has('algorithm')) throw invalidOption(read.at('algorithm'), 'is for a directory only');
  const privateKeys = read.raw('privateKeys');
  if (!Array.isArray(privateKeys) || privateKeys.length === 0)
    throw invalidOption(read.at('privateKeys'), 'must hold at least one private key');
  const path = (index: number): string => `${read.at('privateKeys')}[${String(index)}]`;
  return keyStoreOf(
    await Promise.all(privateKeys.map((key: unknown, index) => readOwnKey(key, path(index)))),
  );
}

function keyStoreOf(keys: readonly OwnKey[]): KeyStore {
  const active = keys.at(-1);
  if (active === undefined) throw invalidOption('keys', 'must hold at least one private key');
  const signer: Signer = {
    keyId: active.jwk.kid,
    algorithm: active.algorithm,
    sign: (input) => signBytes(active.algorithm, active.privateKey, input),
  };
  // A key that came back under a higher number is still one key: two with one kid would be refused.
  const byId = new Map(keys.map(({ jwk }) => [jwk.kid, jwk]));
  const published = Object.freeze({ keys: Object.freeze([...byId.values()]) });
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
      return readOwnKey(parseJwk(await readFile(path, 'utf8'), path), path);
    }),
  );
}

async function keyFiles(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => KEY_FILE.test(name)).sort();
}

/** Writes beside the name and links it: whoever comes second keeps the first one's key, and no reader sees half a file. */
async function writeFirstKey(directory: string, algorithm: SigningAlgorithm): Promise<void> {
  const jwk = await generatePrivateJwk(algorithm);
  const temporary = join(directory, `.${String(process.pid)}-${crypto.randomUUID()}.tmp`);
  try {
    await writeFile(temporary, JSON.stringify(jwk), { mode: 0o600, flag: 'wx', flush: true });
    await link(temporary, join(directory, '0001.jwk.json'));
  } catch (error) {
    const isThere = typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST';
    if (!isThere) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
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
