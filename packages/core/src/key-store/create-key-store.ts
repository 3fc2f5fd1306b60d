import { systemClock, type Clock } from '../clock.js';
import { invalidOption, OptionsReader } from '../options.js';
import { openDirectoryKeyStore, type FirstKey } from './directory/directory-key-store.js';
import { keysInEnvironment } from './environment/environment-keys.js';
import { readOverlap } from './rotation/overlap.js';
import { DEFAULT_VERIFIER_CACHE_SECONDS, type KeyOverlap } from './rotation/key-record.js';
import { fixedKeyStore, localSigner, type OpenKeyStore } from '../signing-keys/key-store.js';
import { openRemoteSigners, type RemoteSigner } from '../signing-keys/remote-signer.js';
import { readSigningKey, SIGNING_ALGORITHMS, type SigningAlgorithm } from '../signing-keys/signing-key.js';

/** Where the private keys of this service are: exactly one of `directory`, `privateKeys`, `environment` and `signers`. */
export type KeyStoreOptions = (DirectoryKeys | PrivateKeys | EnvironmentKeys | RemoteKeys) & {
  readonly clock?: Clock;
  /** Called with each warning for an operator. Default: warnings are discarded. */
  readonly onWarning?: (message: string) => void;
  /** Called when a first key was made in an empty `directory`. What it throws is dropped. Default: nobody is told. */
  readonly onKeyMade?: (made: FirstKey) => void;
};

/** A directory of private keys, as `openKeyDirectory` changes it. It is read again when it changes. */
interface DirectoryKeys {
  /** The path of the directory. Without a manifest its files are `0001.jwk.json` and so on: the highest number signs, all are published. */
  readonly directory: string;
  /** The algorithm of the key that is created if the directory is empty. Default `ES256`. */
  readonly algorithm?: SigningAlgorithm;
  /** How long keys overlap in a rotation, in seconds. The longer of this and what the directory records applies. Default 300 each. */
  readonly overlap?: Partial<KeyOverlap>;
  /** How often the directory is checked for changes, in seconds. Default 2, at most 10. */
  readonly rereadSeconds?: number;
  /** Rotates the key automatically, in all replicas that share the directory. Default: no automatic rotation. */
  readonly rotateEverySeconds?: number;
  /** Insecure: accepts private keys that users beyond the owner and its group can read. Default false. */
  readonly allowOthersToReadKeys?: boolean;
}

interface PrivateKeys {
  /** Private keys, as JWK or PEM. The last one signs, all are published. */
  readonly privateKeys: readonly (object | string)[];
}

interface EnvironmentKeys {
  /**
   * The name of an environment variable that holds private keys: PEM (PKCS8, SEC1 or PKCS1), base64 of PEM or DER, or a JWK, a
   * JWK set or an array of JWKs as JSON. It is read once. The last key signs, all are published.
   */
  readonly environment: string;
}

interface RemoteKeys {
  /** Keys in another process or device. The last one signs, all are published. */
  readonly signers: readonly RemoteSigner[];
  /** The timeout of a signature, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number;
}

const FORMS = ['directory', 'privateKeys', 'environment', 'signers'] as const;
const MEMBERS: Readonly<Record<(typeof FORMS)[number], readonly string[]>> = {
  directory: ['algorithm', 'overlap', 'rereadSeconds', 'rotateEverySeconds', 'allowOthersToReadKeys'],
  privateKeys: [],
  environment: [],
  signers: ['timeoutMs'],
};

/**
 * Opens the private keys of this service. In an empty directory it creates a key that only the current user can read; processes
 * that start at the same time end up with the same key. Each key is tested: it must sign what its public half verifies.
 *
 * @example
 * const keyStore = await createKeyStore({ directory: '/var/lib/census/keys' });
 *
 * @throws TypeError if a key is not accepted: RSA below 2,048 bits, an unsupported curve, an encrypted or a public key, halves
 * of different keys, a file that others can read; or if a signer does not sign.
 */
export async function createKeyStore(options: KeyStoreOptions): Promise<OpenKeyStore> {
  const members = Object.values(MEMBERS).flat();
  const read = new OptionsReader(options, 'keys', [...FORMS, ...members, 'clock', 'onWarning', 'onKeyMade']);
  const [form, ...others] = FORMS.filter((name) => read.has(name));
  if (form === undefined || others.length > 0)
    throw invalidOption('keys', `must hold exactly one of ${FORMS.join(', ')}`);
  const foreign = members.find((name) => read.has(name) && !MEMBERS[form].includes(name));
  if (foreign !== undefined) throw invalidOption(read.at(foreign), `is not for ${form}`);
  return OPEN[form](read, options);
}

const OPEN: Readonly<
  Record<(typeof FORMS)[number], (read: OptionsReader, options: KeyStoreOptions) => Promise<OpenKeyStore>>
> = {
  directory: async (
    read,
    { clock = systemClock, onWarning = () => undefined, onKeyMade = () => undefined },
  ) =>
    openDirectoryKeyStore({
      directory: read.string('directory'),
      algorithm: read.oneOf('algorithm', SIGNING_ALGORITHMS, 'ES256'),
      overlap: readOverlap(read.raw('overlap') ?? {}, read.at('overlap')),
      rereadSeconds: read.number('rereadSeconds', { fallback: 2, min: 0.1, max: 10 }),
      rotateEverySeconds: read.has('rotateEverySeconds')
        ? read.number('rotateEverySeconds', { fallback: NaN, min: 1, max: Number.MAX_SAFE_INTEGER })
        : undefined,
      allowOthersToReadKeys: read.boolean('allowOthersToReadKeys', false),
      clock,
      onWarning,
      onKeyMade: readListener(onKeyMade, read.at('onKeyMade')),
    }),

  privateKeys: async (read) =>
    openPrivateKeys(
      nonEmptyList(read, 'privateKeys', 'private key').map((key, index) => ({
        key,
        path: `${read.at('privateKeys')}[${String(index)}]`,
      })),
    ),

  environment: async (read) =>
    openPrivateKeys(keysInEnvironment(read.raw('environment'), read.at('environment'))),

  signers: async (read) => {
    const timeoutMs = read.number('timeoutMs', { fallback: 5000, min: 1, max: 60_000 });
    const signers = nonEmptyList(read, 'signers', 'signer');
    const entries = await openRemoteSigners(signers, { path: read.at('signers'), timeoutMs });
    return fixedKeyStore(entries, DEFAULT_VERIFIER_CACHE_SECONDS);
  },
};

function readListener<Listener>(value: Listener | undefined, path: string): Listener | (() => void) {
  if (value === undefined) return () => undefined;
  if (typeof value === 'function') return value;
  throw invalidOption(path, 'must be a function');
}

async function openPrivateKeys(
  stated: readonly { readonly key: unknown; readonly path: string }[],
): Promise<OpenKeyStore> {
  const keys = await Promise.all(stated.map(({ key, path }) => readSigningKey(key, path)));
  const entries = keys.map((key) => ({ signer: localSigner(key), jwk: key.jwk }));
  return fixedKeyStore(entries, DEFAULT_VERIFIER_CACHE_SECONDS);
}

function nonEmptyList(read: OptionsReader, name: string, what: string): readonly unknown[] {
  const list = read.raw(name);
  if (!Array.isArray(list) || list.length === 0)
    throw invalidOption(read.at(name), `must hold at least one ${what}`);
  return list;
}
