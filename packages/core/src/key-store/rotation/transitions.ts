import { CountersignError } from '../../errors.js';
import { type SigningAlgorithm } from '../../signing-keys/signing-key.js';
import { type KeyChange, type KeyRecord, type KeyRotation, type KeyState } from './key-record.js';
import { activationSafeAt, activeKey, keysIn, nextStep, retirementSafeAt } from './schedule.js';

/** A key that was just made. */
export interface NewKey {
  readonly keyId: string;
  readonly algorithm: SigningAlgorithm;
  readonly file: string;
}

/** One command, decided on the keys as they are. Knows no files; the same decision can be made again on other keys. */
export interface Transition {
  /** The algorithm of the new key that `apply` will want; undefined when it wants none. */
  newKeyFor(rotation: KeyRotation, now: number): SigningAlgorithm | undefined;
  /** The keys afterwards; the same ones when there is nothing to do. @throws CountersignError when it is refused. */
  apply(rotation: KeyRotation, now: number, made: NewKey | undefined): readonly KeyRecord[];
  /** The same when that key cannot sign, for a command that must not wait until its file is mended. */
  without?(keyId: string): Transition;
}

/** Where a command names a key, and whether it may go too fast. */
export interface StepOptions {
  readonly keyId?: string | undefined;
  readonly force?: boolean | undefined;
}

/** A new key is published, unless one is pending. The first of all signs at once. */
export function preparation(algorithm?: SigningAlgorithm): Transition {
  return {
    newKeyFor(rotation) {
      const [pending] = keysIn(rotation, 'pending');
      if (pending === undefined) return algorithm ?? activeKey(rotation)?.algorithm ?? 'ES256';
      if (algorithm === undefined || algorithm === pending.algorithm) return undefined;
      throw notPossible(
        `the key ${pending.keyId} for ${pending.algorithm} is pending already; revoke it first`,
      );
    },
    apply(rotation, now, made) {
      if (made === undefined) return rotation.keys;
      const first = activeKey(rotation) === undefined;
      return [...rotation.keys, newRecord(made, now, first ? 'active' : 'pending')];
    },
  };
}

/** A key that signs, in an empty directory; nothing in any other. */
export function firstKey(algorithm: SigningAlgorithm): Transition {
  const isEmpty = (rotation: KeyRotation): boolean => activeKey(rotation) === undefined;
  return {
    newKeyFor: (rotation) => (isEmpty(rotation) ? algorithm : undefined),
    apply: (rotation, now, made) => (made === undefined ? rotation.keys : [newRecord(made, now, 'active')]),
  };
}

/** The keys as they are. What is written is the overlap, where it became longer. */
export const noTransition: Transition = { newKeyFor: () => undefined, apply: ({ keys }) => keys };

/** A pending key signs, and the one that signed is retiring. */
export function activation({ keyId, force = false }: StepOptions): Transition {
  return {
    newKeyFor: () => undefined,
    apply(rotation, now) {
      const active = activeKey(rotation);
      if (active !== undefined && active.keyId === keyId) return rotation.keys;
      const key = keyId === undefined ? keysIn(rotation, 'pending')[0] : named(rotation, keyId);
      if (key === undefined) throw notPossible(nothingPending(active));
      if (key.state !== 'pending') throw notPossible(`the key ${key.keyId} is ${key.state}, not pending`);
      if (!force)
        refuseBefore(activationSafeAt(key, rotation.overlap), now, 'some verifiers do not know the key yet');
      return rotation.keys.map((each) => {
        if (each === key) return { ...each, state: 'active', activatedAt: now };
        return each === active ? { ...each, state: 'retiring', retiringAt: now } : each;
      });
    },
  };
}

/** Retiring keys go: the one that is named, or all whose time has come. */
export function retirement({ keyId, force = false }: StepOptions): Transition {
  return {
    newKeyFor: () => undefined,
    apply(rotation, now) {
      const candidates = keyId === undefined ? keysIn(rotation, 'retiring') : [named(rotation, keyId)];
      const [first] = candidates;
      if (first === undefined || first.state === 'gone') return rotation.keys;
      if (first.state !== 'retiring')
        throw notPossible(`the key ${first.keyId} is ${first.state}, not retiring`);
      const safeAt = (key: KeyRecord): number => retirementSafeAt(key, rotation.overlap);
      const leaving = new Set(candidates.filter((key) => force || safeAt(key) <= now));
      if (leaving.size === 0)
        refuseBefore(Math.min(...candidates.map(safeAt)), now, 'tokens by the key may still be in use');
      return rotation.keys.map((key) => (leaving.has(key) ? gone(key, now) : key));
    },
  };
}

/**
 * A key goes at once, whatever its state. When it signed, another takes its place in the same step.
 * @param unusable pending keys that cannot: they stay pending.
 */
export function revocation(keyId: string, reason?: string, unusable: readonly string[] = []): Transition {
  const nextOf = (rotation: KeyRotation): KeyRecord | undefined =>
    keysIn(rotation, 'pending').find((pending) => !unusable.includes(pending.keyId));
  const needsAnother = (rotation: KeyRotation): boolean =>
    named(rotation, keyId).state === 'active' && nextOf(rotation) === undefined;
  return {
    newKeyFor: (rotation) => (needsAnother(rotation) ? activeKey(rotation)?.algorithm : undefined),
    apply(rotation, now, made) {
      const key = named(rotation, keyId);
      if (key.state === 'gone') return rotation.keys;
      const successor = key.state === 'active' ? nextOf(rotation) : undefined;
      const keys = rotation.keys.map((each): KeyRecord => {
        if (each === key) return { ...gone(key, now), reason };
        return each === successor ? { ...each, state: 'active', activatedAt: now } : each;
      });
      return made === undefined ? keys : [...keys, newRecord(made, now, 'active')];
    },
    without: (pending) => revocation(keyId, reason, [...unusable, pending]),
  };
}

/** The step that is due by the schedule; nothing when none is. */
export function scheduledStep(everySeconds: number): Transition {
  const due = (rotation: KeyRotation, now: number): Transition | undefined => {
    const { action, notBefore } = nextStep(rotation, now, everySeconds);
    if (now < notBefore) return undefined;
    return { prepare: () => preparation(), activate: () => activation({}), retire: () => retirement({}) }[
      action
    ]();
  };
  return {
    newKeyFor: (rotation, now) => due(rotation, now)?.newKeyFor(rotation, now),
    apply: (rotation, now, made) => due(rotation, now)?.apply(rotation, now, made) ?? rotation.keys,
  };
}

/** What changed between two lists of keys. */
export function changesBetween(
  before: readonly KeyRecord[],
  after: readonly KeyRecord[],
): readonly KeyChange[] {
  const states = new Map(before.map(({ keyId, state }) => [keyId, state]));
  return after
    .map(({ keyId, state }) => ({ keyId, from: states.get(keyId), to: state }))
    .filter(({ from, to }) => from !== to);
}

function named({ keys }: KeyRotation, keyId: string): KeyRecord {
  const key = keys.find((each) => each.keyId === keyId);
  if (key === undefined) throw notPossible('no key of this directory has that key id');
  return key;
}

function newRecord(made: NewKey, now: number, state: 'pending' | 'active'): KeyRecord {
  const { keyId, algorithm, file } = made;
  const activatedAt = state === 'active' ? now : undefined;
  return {
    keyId,
    algorithm,
    file,
    state,
    preparedAt: now,
    activatedAt,
    retiringAt: undefined,
    goneAt: undefined,
  };
}

function gone(key: KeyRecord, now: number): KeyRecord {
  const state: KeyState = 'gone';
  return { ...key, state, goneAt: now };
}

/** Perhaps the command was repeated: then all is as it should be, and a new key would start a rotation that nobody wants. */
function nothingPending(active: KeyRecord | undefined): string {
  if (active === undefined) return 'no key is pending; prepare one first';
  const since = new Date(Math.floor(active.activatedAt ?? active.preparedAt) * 1000).toISOString();
  return (
    `no key is pending: ${active.keyId} has signed since ${since}. If this command was run before, nothing is due; ` +
    'for another key, prepare one first'
  );
}

function notPossible(problem: string): CountersignError {
  return new CountersignError('rotation_not_possible', problem);
}

function refuseBefore(notBefore: number, now: number, why: string): void {
  if (now >= notBefore) return;
  const at = new Date(Math.ceil(notBefore) * 1000).toISOString();
  const detail = { notBefore, retryAfterSeconds: Math.ceil(notBefore - now) };
  throw new CountersignError('rotation_too_early', `not before ${at}: ${why}`, detail);
}
