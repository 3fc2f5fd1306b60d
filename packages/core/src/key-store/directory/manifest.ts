import { invalidOption, OptionsReader } from '../../options.js';
import { SIGNING_ALGORITHMS } from '../../signing-keys/signing-key.js';
import {
  OVERLAP_RANGES,
  REVOCATION_REASON,
  type KeyOverlap,
  type KeyRecord,
  type KeyRotation,
  type KeyState,
} from '../rotation/key-record.js';

/** Keys that are gone and still named, so that somebody can look up when. */
const MAX_GONE = 20;
/** Verifiers read 64 keys of a set at most. */
const MAX_LIVE = 32;

const MANIFEST_FILE = /^manifest-(\d{6,12})\.json$/;
/** A plain name: what a manifest says must not lead out of the directory, nor to a temporary file. */
const KEY_FILE = /^[A-Za-z0-9_][\w.-]{0,120}\.jwk\.json$/;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;
const KEY_ID = /^[\w-]{43}$/;

const STATES: readonly KeyState[] = ['pending', 'active', 'retiring', 'gone'];

/** The name of the manifest of that generation. */
export function manifestFile(generation: number): string {
  return `manifest-${String(generation).padStart(6, '0')}.json`;
}

/** The generation that a file is the manifest of, or undefined. */
export function generationOf(file: string): number | undefined {
  const digits = MANIFEST_FILE.exec(file)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The text of a manifest. Of the keys that are gone the latest stay. */
export function manifestText({ keys, overlap }: KeyRotation): string {
  const forgotten = new Set(
    keys
      .filter(({ state }) => state === 'gone')
      .sort(byGoneAt)
      .slice(MAX_GONE),
  );
  const records = keys.filter((key) => !forgotten.has(key)).map(toRecord);
  return `${JSON.stringify({ version: 1, overlap, keys: records }, undefined, 2)}\n`;
}

function byGoneAt(one: KeyRecord, other: KeyRecord): number {
  return (other.goneAt ?? 0) - (one.goneAt ?? 0);
}

function toRecord({ file, keyId, algorithm, state, reason, ...times }: KeyRecord): object {
  return {
    file,
    kid: keyId,
    alg: algorithm,
    state,
    preparedAt: isoTime(times.preparedAt),
    activatedAt: isoTime(times.activatedAt),
    retiringAt: isoTime(times.retiringAt),
    goneAt: isoTime(times.goneAt),
    reason,
  };
}

/** To the millisecond, and never earlier than it was: what is reckoned from it is too late rather than too early. */
function isoTime(epochSeconds: number | undefined): string | undefined {
  return epochSeconds === undefined ? undefined : new Date(Math.ceil(epochSeconds * 1000)).toISOString();
}

/**
 * Reads a manifest strictly: unknown members, doubled keys and any number of active keys but one are refused. Does not look
 * at the files that it names.
 * @throws TypeError `config_invalid` naming the member.
 */
export function readManifest(value: unknown, path: string): KeyRotation {
  const read = new OptionsReader(value, path, ['version', 'overlap', 'keys']);
  if (read.raw('version') !== 1) throw invalidOption(read.at('version'), 'must be 1');
  const list = read.raw('keys');
  if (!Array.isArray(list)) throw invalidOption(read.at('keys'), 'must be an array');
  const keys = list.map((each: unknown, index) => readRecord(each, `${read.at('keys')}[${String(index)}]`));
  const live = keys.filter(({ state }) => state !== 'gone');
  if (live.length > MAX_LIVE || keys.length > MAX_LIVE + MAX_GONE)
    throw invalidOption(
      read.at('keys'),
      `must hold at most ${String(MAX_LIVE)} keys, and ${String(MAX_GONE)} gone`,
    );
  if (keys.filter(({ state }) => state === 'active').length !== 1)
    throw invalidOption(read.at('keys'), 'must hold exactly one active key');
  if (hasDoubles(keys.map(({ keyId }) => keyId)) || hasDoubles(live.map(({ file }) => file)))
    throw invalidOption(read.at('keys'), 'must not hold a kid or a file twice');
  return { keys, overlap: readOverlap(read.raw('overlap'), read.at('overlap')) };
}

function readOverlap(value: unknown, path: string): KeyOverlap {
  const read = new OptionsReader(value, path, ['verifierCacheSeconds', 'longestTokenSeconds']);
  return {
    verifierCacheSeconds: required(read, 'verifierCacheSeconds'),
    longestTokenSeconds: required(read, 'longestTokenSeconds'),
  };
}

function required(read: OptionsReader, name: keyof KeyOverlap): number {
  return read.number(name, { fallback: NaN, ...OVERLAP_RANGES[name] });
}

function readRecord(value: unknown, path: string): KeyRecord {
  const times = ['preparedAt', 'activatedAt', 'retiringAt', 'goneAt'] as const;
  const read = new OptionsReader(value, path, ['file', 'kid', 'alg', 'state', ...times, 'reason']);
  const state = read.oneOf('state', STATES);
  const record = {
    file: matching(read, 'file', KEY_FILE, 'must be a plain file name that ends in .jwk.json'),
    keyId: matching(read, 'kid', KEY_ID, 'must be an RFC 7638 thumbprint'),
    algorithm: read.oneOf('alg', SIGNING_ALGORITHMS),
    state,
    preparedAt: readTime(read, 'preparedAt'),
    activatedAt: read.has('activatedAt') ? readTime(read, 'activatedAt') : undefined,
    retiringAt: read.has('retiringAt') ? readTime(read, 'retiringAt') : undefined,
    goneAt: read.has('goneAt') ? readTime(read, 'goneAt') : undefined,
    reason: read.has('reason')
      ? matching(read, 'reason', REVOCATION_REASON, 'must be one line of 200 characters at most')
      : undefined,
  };
  const since = {
    pending: 'preparedAt',
    active: 'activatedAt',
    retiring: 'retiringAt',
    gone: 'goneAt',
  } as const;
  const later = times.slice(times.indexOf(since[state]) + 1);
  if (record[since[state]] === undefined || later.some((time) => record[time] !== undefined))
    throw invalidOption(path, `must say ${since[state]}, and no later time, because it is ${state}`);
  return record;
}

function matching(read: OptionsReader, name: string, pattern: RegExp, problem: string): string {
  const value = read.string(name);
  if (!pattern.test(value)) throw invalidOption(read.at(name), problem);
  return value;
}

function readTime(read: OptionsReader, name: string): number {
  const value = matching(read, name, ISO_TIME, 'must be a time such as 2026-01-31T08:00:00.000Z');
  const epochSeconds = Date.parse(value) / 1000;
  if (!Number.isFinite(epochSeconds)) throw invalidOption(read.at(name), 'must be a time that exists');
  return epochSeconds;
}

function hasDoubles(names: readonly string[]): boolean {
  return new Set(names).size !== names.length;
}
