import { type Clock } from '../clock.js';
import { CountersignError } from '../errors.js';
import { invalidOption, OptionsReader } from '../options.js';
import { type Caller } from '../token.js';
import { allowedNames, type AllowedNames } from './allowed-names.js';
import { hydrateAll, type HydratedIssuer, type HydrateOptions } from '../jwks/hydrate.js';
import { type IssuerKeys, type KeyStatus } from '../jwks/issuer-keys.js';
import { type JwksOptions } from '../jwks/jwks-options.js';
import { type KeyEvent } from '../jwks/key-events.js';
import { refusePrivateHost } from './private-host.js';
import { refuseConflicts } from './record-conflicts.js';
import { readTrustRecord, type ResolvedTrustRecord, type TrustRecord } from './trust-record.js';
import { trustedKeysReader } from './trusted-keys.js';

/** A trust record that can be used: its defaults are filled in, and its keys can be asked for. */
export interface TrustedIssuer extends Omit<ResolvedTrustRecord, 'keys'> {
  readonly keys: IssuerKeys;
  readonly mayName: AllowedNames;
  /** How requests with its tokens name it. Cannot be changed. */
  readonly caller: Caller;
}

/** The state of the keys of one issuer. */
export interface IssuerKeyStatus extends KeyStatus {
  readonly name: string;
  readonly issuer: string;
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
  /**
   * Fetches all remote key sets, all at once, so that the first requests need not wait for them. An issuer that is down
   * does not keep the service from starting: its keys are fetched when they are needed.
   * @returns an entry for each issuer that has keys (see `keyStatus`), in the order of the trust records.
   * @throws TypeError naming the record whose issuer publishes metadata that contradicts the trust record, such as another issuer's.
   */
  hydrate(options?: HydrateOptions): Promise<readonly HydratedIssuer[]>;
  /**
   * How the keys stand, for health checks: an entry for each issuer, in the order of the trust records. An issuer whose
   * tokens are all opaque has no keys, and so no entry. Asks nobody.
   */
  keyStatus(): readonly IssuerKeyStatus[];
}

/** Which issuers to trust, and how to get their keys. */
export interface TrustStoreOptions {
  /** The trusted issuers. With an empty list, for a service that only calls others, every token is refused. */
  readonly trust: readonly TrustRecord[];
  /** How key sets are fetched and cached. */
  readonly jwks?: JwksOptions;
  /** The source of time. Default: the system clock. */
  readonly clock?: Clock;
  /**
   * Refuses key set URLs, issuers with metadata and introspection endpoints whose host is a private address or a name for local
   * use, against server-side request forgery. Default false. Names are not resolved.
   */
  readonly publicOnly?: boolean;
  /** Insecure: accepts plain `http:` URLs that are not on this machine. Default false. */
  readonly allowInsecureHttpForLocalDevelopment?: boolean;
  /** Called with each warning for an operator. Default: warnings are discarded. */
  readonly onWarning?: (message: string) => void;
  /** Called with each event about the issuers' keys, for metrics. Must return at once; its exceptions are ignored. */
  readonly onKeyEvent?: (event: KeyEvent) => void;
}

/** The names of all members of `TrustStoreOptions`. */
export const TRUST_STORE_OPTIONS = [
  'trust', 'jwks', 'clock', 'publicOnly', 'allowInsecureHttpForLocalDevelopment', 'onWarning', 'onKeyEvent',
] as const; // prettier-ignore

/**
 * Makes the trust store from plain data; files and inline sets are read now, remote sets when they are first needed.
 * @throws TypeError naming the member, such as `trust[1].keys.jwksUri`.
 */
export function createTrustStore(options: TrustStoreOptions): TrustStore {
  return trustStoreOf(options, new OptionsReader(options, '', TRUST_STORE_OPTIONS), undefined);
}

/**
 * The same for options that are part of others: `given` reads them all, and has refused names that it does not know.
 * @param service the identifier of the service that is called: others do not name subjects under it unless they may.
 */
export function trustStoreOf(
  options: TrustStoreOptions,
  given: OptionsReader,
  service: string | undefined,
): TrustStore {
  const trust = given.raw('trust');
  if (!Array.isArray(trust))
    throw invalidOption('trust', 'must be an array of trust records; [] trusts nobody');
  const insecure = given.boolean('allowInsecureHttpForLocalDevelopment', false);
  const records = trust.map((record: unknown, index) =>
    readTrustRecord(record, `trust[${String(index)}]`, insecure),
  );
  refuseConflicts(records);
  const publicOnly = given.boolean('publicOnly', false);
  if (publicOnly) refusePrivateIssuers(records);
  for (const warning of records.flatMap(dangersOf)) options.onWarning?.(warning);
  const read = trustedKeysReader(records, {
    jwks: options.jwks,
    clock: options.clock,
    onWarning: options.onWarning,
    onKeyEvent: options.onKeyEvent,
    publicOnly,
    allowInsecureHttp: insecure,
  });
  const namesOf = allowedNames(records, service);
  const issuers = records.map((record, index) => ({
    ...record,
    mayName: namesOf(record),
    keys: read(record, `trust[${String(index)}].keys`),
    caller: Object.freeze({ name: record.name, issuer: record.issuer }),
  }));
  const withKeys = issuers.filter((_, index) => records[index]?.keys !== undefined);
  const byIssuer = new Map(issuers.map((issuer) => [issuer.issuer, issuer]));
  function evidence(issuer: unknown): TrustedIssuer {
    const found = typeof issuer === 'string' ? byIssuer.get(issuer) : undefined;
    if (found !== undefined) return found;
    throw new CountersignError('issuer_untrusted', 'the issuer of the token is in no trust record');
  }
  return {
    issuers,
    evidence,
    hydrate: (limits) => hydrateAll(withKeys, limits),
    keyStatus: () => withKeys.map(({ name, issuer, keys }) => ({ name, issuer, ...keys.status() })),
    trusted(issuer) {
      const found = evidence(issuer);
      if (!found.proofOnly) return found;
      throw new CountersignError('issuer_untrusted', `${found.name} is trusted for proofs only`);
    },
  };
}

/** What a record accepts for old peers, and what that is worth to an attacker. */
function dangersOf(record: ResolvedTrustRecord, index: number): readonly string[] {
  const { name } = record;
  const dangers = {
    acceptMd5BodyHash: `whoever chooses a body of ${name} can make two with one MD5`,
    acceptTokensWithoutMethodAndPath: `whoever gets hold of an unused token of ${name} can send its body to any route, by any method`,
  };
  const members = ['acceptMd5BodyHash', 'acceptTokensWithoutMethodAndPath'] as const;
  return members
    .filter((member) => record[member])
    .map((member) => `trust[${String(index)}].${member} is set: ${dangers[member]}`);
}

/** Whatever their metadata is looked up for: the first request goes to the issuer itself. */
function refusePrivateIssuers(records: readonly ResolvedTrustRecord[]): void {
  records.forEach(({ issuer, hasMetadata }, index) => {
    if (hasMetadata) refusePrivateHost(new URL(issuer), `trust[${String(index)}].issuer`);
  });
}
