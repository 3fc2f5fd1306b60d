import { type Clock } from '../../clock.js';
import { algorithmNamed, ALGORITHMS, type Algorithm, type AlgorithmName } from '../../crypto/algorithms.js';
import { invalidOption, OptionsReader } from '../../options.js';
import { addressOf, PublicAddresses, readBaseUrl } from '../binding/public-addresses.js';
import { createNonces, type Nonces } from './dpop-nonce.js';

/** How DPoP proofs are checked (RFC 9449). Whether a proof is required is set in each trust record (`dpop`). */
export interface DpopOptions {
  /** The base URLs at which clients call this service. Default: `publicUrl`, or else `service`, if it is a URL. */
  readonly publicUrls?: readonly string[];
  /** The maximum age of a proof, in seconds. Default 60, at most 300. The clock tolerance of the issuer is added. */
  readonly proofLifetimeSeconds?: number;
  /** The accepted algorithms of proofs. Default `ES256 ES384 ES512 PS256 PS384 PS512 EdDSA Ed25519`. */
  readonly algorithms?: readonly AlgorithmName[];
  /**
   * Requires proofs to contain a nonce of this service (RFC 9449 section 9). Nonces are derived from this secret, at least 32
   * characters long and the same for all replicas. Default: no nonce is required.
   */
  readonly nonceSecret?: string;
}

/** The same with defaults filled in. */
export interface DpopRules {
  /** The URI of a request under each public URL, normalised; none of a path that can be read in more than one way. */
  readonly targets: (pathAndQuery: string) => readonly string[];
  readonly lifetimeSeconds: number;
  readonly algorithms: ReadonlySet<Algorithm>;
  /** As they are announced. */
  readonly algorithmNames: readonly string[];
  readonly nonces: Nonces | undefined;
}

const MEMBERS = ['publicUrls', 'proofLifetimeSeconds', 'algorithms', 'nonceSecret'] as const;
const DEFAULT_ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
  'Ed25519',
] as const;
const MIN_SECRET_LENGTH = 32;

/** Who this service is, and at which addresses it is called where the options of DPoP do not say it. */
export interface CalledService {
  readonly service: string;
  readonly publicAddresses: PublicAddresses | undefined;
}

/** @throws TypeError naming the member; never the secret. */
export function readDpopOptions(value: unknown, called: CalledService, clock: Clock): DpopRules {
  const read = new OptionsReader(value ?? {}, 'dpop', MEMBERS);
  const algorithmNames = read.strings('algorithms', DEFAULT_ALGORITHMS);
  const algorithms = algorithmNames.map((name, index) => {
    const algorithm = algorithmNamed(name);
    if (algorithm !== undefined) return algorithm;
    throw invalidOption(`dpop.algorithms[${String(index)}]`, `must be one of ${ALGORITHMS.join(', ')}`);
  });
  if (algorithms.length === 0) throw invalidOption(read.at('algorithms'), 'must name at least one algorithm');
  const addresses = readAddresses(read, called);
  return {
    targets: (pathAndQuery) => addresses?.urisOf(pathAndQuery) ?? [],
    lifetimeSeconds: read.number('proofLifetimeSeconds', { fallback: 60, min: 1, max: 300 }),
    algorithms: new Set(algorithms),
    algorithmNames,
    nonces: read.has('nonceSecret') ? createNonces(readSecret(read), clock) : undefined,
  };
}

/** Without query and fragment: a path that is put behind one would be no part of the URI's path, and so not be compared. */
function readAddresses(read: OptionsReader, called: CalledService): PublicAddresses | undefined {
  if (!read.has('publicUrls')) return called.publicAddresses ?? addressOf(called.service);
  return new PublicAddresses(
    read.strings('publicUrls').map((value, index) => readBaseUrl(value, `dpop.publicUrls[${String(index)}]`)),
  );
}

function readSecret(read: OptionsReader): string {
  const secret = read.string('nonceSecret');
  if (secret.length >= MIN_SECRET_LENGTH) return secret;
  throw invalidOption(read.at('nonceSecret'), `must have ${String(MIN_SECRET_LENGTH)} characters or more`);
}
