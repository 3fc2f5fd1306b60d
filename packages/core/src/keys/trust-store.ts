import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemClock, type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { invalidOption, OptionsReader } from '../options.js';
import { jwksFetcher } from './jwks-fetch.js';
import { fixedKeys, remoteKeys, type IssuerKeys } from './jwks.js';
import { readKeySet, type KeySet } from './key-set.js';
import { isPrivateHost } from './private-host.js';
import {
  readTrustRecord,
  type ResolvedTrustRecord,
  type TrustedKeys,
  type TrustRecord,
} from './trust-record.js';

/** A trust record that can be used: its defaults are filled in, and its keys can be asked for. */
export interface TrustedIssuer extends Omit<ResolvedTrustRecord, 'keys'> {
  readonly keys: IssuerKeys;
}

/** Every issuer that this service trusts. */
export interface TrustStore {
  readonly issuers: readonly TrustedIssuer[];
  /**
   * The trusted issuer of that exact name. Needs no network.
   * @throws CountersignError `issuer_untrusted`.
   */
  trusted(issuer: unknown): TrustedIssuer;
  /**
   * The same, also for an issuer whose tokens are accepted only as proof of a delegation.
   * @throws CountersignError `issuer_untrusted`.
   */
  evidence(issuer: unknown): TrustedIssuer;
}

/** How remote key sets are fetched and kept; every member has a default. */
export interface JwksOptions {
  /** Default 600. A set older than this is fetched again. */
  readonly maxAgeSeconds?: number;
  /** Default 30, at least 1. The shortest time between two fetches that unknown keys cause. */
  readonly cooldownSeconds?: number;
  /** Default 86,400. How long a set is used when it cannot be fetched again. */
  readonly maxStaleSeconds?: number;
  /** Default 5,000. */
  readonly timeoutMs?: number;
  /** Default 262,144. */
  readonly maxBytes?: number;
}

export interface TrustStoreOptions {
  readonly trust: readonly TrustRecord[];
  readonly jwks?: JwksOptions;
  readonly clock?: Clock;
  /** Refuses key set URIs whose host is a private, loopback or link-local address. Default false. Names are not resolved. */
  readonly publicOnly?: boolean;
  readonly allowInsecureHttpForLocalDevelopment?: boolean;
  /** Told what an operator should look at. Default: nothing is told. */
  readonly onWarning?: (message: string) => void;
}

/** The names of all members of `TrustStoreOptions`. */
export const TRUST_STORE_OPTIONS = [
  'trust', 'jwks', 'clock', 'publicOnly', 'allowInsecureHttpForLocalDevelopment', 'onWarning',
] as const; // prettier-ignore

/**
 * Makes the trust store from plain data; files and inline sets are read now, remote sets when they are first needed.
 * @throws TypeError naming the member, such as `trust[1].keys.jwksUri`.
 */
export function createTrustStore(options: TrustStoreOptions): TrustStore {
  return trustStoreOf(options, new OptionsReader(options, '', TRUST_STORE_OPTIONS));
}

/** The same for options that are part of others: `given` reads them all, and has refused names that it does not know. */
export function trustStoreOf(options: TrustStoreOptions, given: OptionsReader): TrustStore {
  const trust = given.raw('trust');
  if (!Array.isArray(trust) || trust.length === 0)
    throw invalidOption('trust', 'must hold at least one trust record');
  const insecure = given.boolean('allowInsecureHttpForLocalDevelopment', false);
  const records = trust.map((record: unknown, index) =>
    readTrustRecord(record, `trust[${String(index)}]`, insecure),
  );
  refuseSharing(records);
  records.forEach(({ name, acceptMd5BodyHash }, index) => {
    if (acceptMd5BodyHash)
      options.onWarning?.(
        `trust[${String(index)}].acceptMd5BodyHash is set: whoever chooses a body of ${name} can make two with one MD5`,
      );
  });
  const read = keyReader(options, given.boolean('publicOnly', false));
  const issuers = records.map((record, index) => ({
    ...record,
    keys: read(record, `trust[${String(index)}].keys`),
  }));
  const byIssuer = new Map(issuers.map((issuer) => [issuer.issuer, issuer]));
  function evidence(issuer: unknown): TrustedIssuer {
    const found = typeof issuer === 'string' ? byIssuer.get(issuer) : undefined;
    if (found !== undefined) return found;
    throw new CountersignError('issuer_untrusted', 'the issuer of the token is in no trust record');
  }
  return {
    issuers,
    evidence,
    trusted(issuer) {
      const found = evidence(issuer);
      if (!found.proofOnly) return found;
      throw new CountersignError('issuer_untrusted', `${found.name} is trusted for proofs only`);
    },
  };
}

/** One name, one issuer, one key space for each record: otherwise one issuer's key could vouch for another's token. */
function refuseSharing(records: readonly ResolvedTrustRecord[]): void {
  const seen = new Map<string, number>();
  records.forEach((record, index) => {
    for (const [member, identity] of [
      ['name', record.name],
      ['issuer', record.issuer],
      ...keyIdentities(record.keys).map((identity) => ['keys', identity]),
    ] as const) {
      const earlier = seen.get(`${member} ${identity}`);
      if (earlier !== undefined && earlier !== index) {
        throw invalidOption(
          `trust[${String(index)}].${member}`,
          `is already used by trust[${String(earlier)}]`,
        );
      }
      seen.set(`${member} ${identity}`, index);
    }
  });
}

function keyIdentities(keys: TrustedKeys): readonly string[] {
  if ('jwksUri' in keys) return [keys.jwksUri];
  if ('jwksFile' in keys) return [resolve(keys.jwksFile)];
  return keys.jwks.keys.flatMap((jwk) =>
    'kid' in jwk && typeof jwk.kid === 'string' ? [`kid ${jwk.kid}`] : [],
  );
}

function keyReader(
  options: TrustStoreOptions,
  publicOnly: boolean,
): (record: ResolvedTrustRecord, path: string) => IssuerKeys {
  const jwks = readJwksOptions(options.jwks ?? {});
  const clock = options.clock ?? systemClock;
  const onWarning = options.onWarning ?? (() => undefined);
  return (record, path) => {
    const { keys, algorithms: allowed, issuer } = record;
    if ('jwks' in keys)
      return fixedKeys(warned(checkedSet(keys.jwks, allowed, `${path}.jwks`), path, onWarning));
    if ('jwksFile' in keys) {
      return fixedKeys(
        warned(checkedSet(readJson(keys.jwksFile, path), allowed, `${path}.jwksFile`), path, onWarning),
      );
    }
    if (publicOnly && isPrivateHost(new URL(keys.jwksUri).hostname)) {
      throw invalidOption(`${path}.jwksUri`, 'must not be a private address (publicOnly is set)');
    }
    const fetchJwks = jwksFetcher(keys.jwksUri, jwks);
    return remoteKeys({ issuer, allowed, fetchJwks, clock, onWarning, ...jwks });
  };
}

function readJwksOptions(value: unknown): Required<JwksOptions> {
  const names = ['maxAgeSeconds', 'cooldownSeconds', 'maxStaleSeconds', 'timeoutMs', 'maxBytes'];
  const jwks = new OptionsReader(value, 'jwks', names);
  const maxAgeSeconds = jwks.number('maxAgeSeconds', { unless: 600, min: 60, max: 86_400 });
  return {
    maxAgeSeconds,
    cooldownSeconds: jwks.number('cooldownSeconds', { unless: 30, min: 1, max: 3600 }),
    maxStaleSeconds: jwks.number('maxStaleSeconds', { unless: 86_400, min: maxAgeSeconds, max: 604_800 }),
    timeoutMs: jwks.number('timeoutMs', { unless: 5000, min: 1, max: 60_000 }),
    maxBytes: jwks.number('maxBytes', { unless: 262_144, min: 1024, max: 16_777_216 }),
  };
}

function checkedSet(value: unknown, allowed: ResolvedTrustRecord['algorithms'], path: string): KeySet {
  try {
    return readKeySet(value, allowed);
  } catch (error) {
    throw invalidOption(path, error instanceof Error ? error.message : 'cannot be read');
  }
}

function warned(keySet: KeySet, path: string, onWarning: (message: string) => void): KeySet {
  for (const warning of keySet.warnings) onWarning(`${path}: ${warning}`);
  return keySet;
}

function readJson(file: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw invalidOption(`${path}.jwksFile`, 'must be a readable file that holds a JWK set');
  }
}
