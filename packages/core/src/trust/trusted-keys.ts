import { readFileSync } from 'node:fs';
import { systemClock, type Clock } from '../clock.js';
import { invalidOption, readHttpsUri } from '../options.js';
import { discoveredKeys } from '../jwks/discovery.js';
import { fixedKeys, type IssuerKeys } from '../jwks/issuer-keys.js';
import { type FetchKeys, jwksFetcher } from '../jwks/fetch-jwks.js';
import { readJwksOptions, type JwksOptions } from '../jwks/jwks-options.js';
import { keyOwners } from '../jwks/key-owners.js';
import { jwksUriOwners } from './jwks-uri-owners.js';
import { remoteKeys } from '../jwks/remote-keys.js';
import { readKeySet } from '../jwks/key-set.js';
import { type KeyEvent } from '../jwks/key-events.js';
import { refusePrivateHost } from './private-host.js';
import { type ResolvedTrustRecord } from './trust-record.js';

export interface TrustedKeysOptions {
  readonly jwks: JwksOptions | undefined;
  readonly clock: Clock | undefined;
  readonly onWarning: ((message: string) => void) | undefined;
  readonly onKeyEvent: ((event: KeyEvent) => void) | undefined;
  readonly publicOnly: boolean;
  readonly allowInsecureHttp: boolean;
}

/** Makes the keys of a trust record; `path` is where its `keys` stand. @throws TypeError naming the member. */
export type ReadTrustedKeys = (record: ResolvedTrustRecord, path: string) => IssuerKeys;

/** Reads files and inline sets now; remote sets are fetched when they are first needed. */
export function trustedKeysReader(
  records: readonly ResolvedTrustRecord[],
  options: TrustedKeysOptions,
): ReadTrustedKeys {
  const { allowInsecureHttp, clock = systemClock, publicOnly } = options;
  const { onWarning = () => undefined, onKeyEvent = () => undefined } = options;
  const jwks = readJwksOptions(options.jwks ?? {});
  const owners = keyOwners();
  const addresses = jwksUriOwners(records);

  function refusePrivate(uri: string, path: string): void {
    if (publicOnly) refusePrivateHost(new URL(uri), path);
  }

  function discover({ issuer }: ResolvedTrustRecord, path: string): FetchKeys {
    const readJwksUri = (value: unknown): string => {
      const { href } = readHttpsUri(value, `${path} (jwks_uri)`, allowInsecureHttp);
      refusePrivate(href, `${path} (jwks_uri)`);
      if (addresses.claim(issuer, href)) return href;
      throw invalidOption(
        `${path} (jwks_uri)`,
        'leads to the keys of another trust record, or to its issuer; if it is right, write it as keys.jwksUri',
      );
    };
    const giveUpJwksUri = (): void => addresses.giveUp(issuer);
    return discoveredKeys({ issuer, path, clock, readJwksUri, giveUpJwksUri, onWarning, ...jwks });
  }

  function fixed(
    value: unknown,
    { algorithms, name }: ResolvedTrustRecord,
    path: string,
    member: string,
  ): IssuerKeys {
    try {
      const keySet = readKeySet(value, algorithms);
      owners.configured(name, keySet);
      for (const warning of keySet.warnings) onWarning(`${path}: ${warning}`);
      return fixedKeys(keySet);
    } catch (error) {
      throw invalidOption(`${path}.${member}`, error instanceof Error ? error.message : 'cannot be read');
    }
  }

  return (record, path) => {
    const { name, keys, algorithms: allowed, issuer } = record;
    if (keys === undefined) return fixedKeys({ byId: new Map(), refusedKeys: 0, warnings: [] });
    if ('jwks' in keys) return fixed(keys.jwks, record, path, 'jwks');
    if ('jwksFile' in keys) return fixed(readJson(keys.jwksFile, path), record, path, 'jwksFile');
    if ('jwksUri' in keys) refusePrivate(keys.jwksUri, `${path}.jwksUri`);
    const fetchKeys =
      'discovery' in keys ? discover(record, `${path}.discovery`) : jwksFetcher(keys.jwksUri, jwks);
    return remoteKeys({ name, issuer, allowed, fetchKeys, owners, clock, onWarning, onKeyEvent, ...jwks });
  };
}

function readJson(file: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw invalidOption(`${path}.jwksFile`, 'must be a readable file that holds a JWK set');
  }
}
