import { OperationProcessingError } from 'oauth4webapi';
import { type Clock } from '../clock.js';
import { fetchJwks, type FetchKeys, type JwksFetchLimits } from './fetch-jwks.js';
import { isConfigInvalid } from './key-events.js';
import { readServerMetadata } from '../oauth/server-metadata.js';

/** Where the keys of an issuer are that only its metadata tells. */
export interface DiscoveredKeysOptions extends JwksFetchLimits {
  readonly issuer: string;
  /** The option that asks for it, such as `trust[0].keys.discovery`. */
  readonly path: string;
  readonly clock: Clock;
  /**
   * Makes an address from what the metadata says.
   * @throws TypeError with the code `config_invalid` when nothing may be fetched from there.
   */
  readonly readJwksUri: (value: unknown) => string;
  /** Told when nothing is fetched any more from the address that was made last. */
  readonly giveUpJwksUri: () => void;
  readonly onWarning: (message: string) => void;
}

/**
 * The metadata is read again when it is older than this, when the set that it leads to cannot be fetched, or when a key is
 * not in that set: an issuer that has moved may go on answering at the old address.
 */
const METADATA_MAX_AGE_SECONDS = 3600;

/** At least this long between two looks at the metadata, once they have led to a set: whatever keys tokens name. */
const METADATA_REST_SECONDS = 30;

/**
 * Fetches the key set that an issuer's metadata names (RFC 8414 section 2, OpenID Connect Discovery section 3), and
 * follows it when it moves. Metadata that is unavailable later leaves the known address in use; metadata of another issuer
 * does not.
 */
export function discoveredKeys(options: DiscoveredKeysOptions): FetchKeys {
  const { clock, giveUpJwksUri, issuer, maxBytes, onWarning, path, readJwksUri, timeoutMs } = options;
  let jwksUri: string | undefined;
  let lookedAt = -Infinity;
  let isDoubted = false;

  async function look(signal: AbortSignal): Promise<string> {
    lookedAt = clock.monotonic();
    const metadata = await readServerMetadata(issuer, path, () => signal).catch(withoutAnswer);
    jwksUri = readJwksUri(metadata.jwks_uri);
    isDoubted = false;
    return jwksUri;
  }

  async function lookAgain(known: string, isKeyMissing: boolean): Promise<string> {
    const age = clock.monotonic() - lookedAt;
    if (age < (isDoubted || isKeyMissing ? METADATA_REST_SECONDS : METADATA_MAX_AGE_SECONDS)) return known;
    try {
      // Half of the time, so that the other half is left for the set.
      return await look(AbortSignal.timeout(Math.ceil(timeoutMs / 2)));
    } catch (error) {
      if (isConfigInvalid(error)) {
        // Whoever answers there now may have the old address, too.
        jwksUri = undefined;
        giveUpJwksUri();
        throw error;
      }
      onWarning(`${path}: the metadata cannot be read again; the address that it gave before stays in use`);
      return known;
    }
  }

  return async (isKeyMissing) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const uri = jwksUri === undefined ? await look(signal) : await lookAgain(jwksUri, isKeyMissing);
    try {
      return await fetchJwks(uri, maxBytes, signal);
    } catch (error) {
      isDoubted = true;
      throw error;
    }
  };
}

/** The library's errors carry the answer, which would get into a log. */
function withoutAnswer(error: unknown): never {
  if (error instanceof OperationProcessingError) throw new TypeError(`has no metadata: ${error.message}`);
  throw error;
}
