import {
  type KeyOverlap,
  type KeyRecord,
  type KeyRotation,
  type KeyState,
  type KeyStep,
} from './key-record.js';

/**
 * How far behind a replica may be: the longest `rereadSeconds`, a read of a slow disk, and clocks that differ.
 * Added to every wait, because a replica may serve the old set, or sign with the old key, for so long.
 */
export const REPLICA_SLACK_SECONDS = 30;

/** The largest tolerance that a trust record may have: a token is accepted for so long after it has expired. */
export const VERIFIER_TOLERANCE_SECONDS = 300;

/** From publishing a key to the moment when every verifier that caches has fetched it. */
export function publicationSeconds({ verifierCacheSeconds }: KeyOverlap): number {
  return verifierCacheSeconds + REPLICA_SLACK_SECONDS;
}

/** From the last signature by a key to the moment when nobody accepts a token by it any more. */
export function drainSeconds({ longestTokenSeconds }: KeyOverlap): number {
  return longestTokenSeconds + VERIFIER_TOLERANCE_SECONDS + REPLICA_SLACK_SECONDS;
}

/** The shortest time between two rotations in which each key is gone before the next one is needed. */
export function shortestCycleSeconds(overlap: KeyOverlap): number {
  return publicationSeconds(overlap) + drainSeconds(overlap);
}

/** Returns when it is safe to activate a pending key, in seconds since the epoch. */
export function activationSafeAt(key: KeyRecord, overlap: KeyOverlap): number {
  return key.preparedAt + publicationSeconds(overlap);
}

/** Returns when it is safe to retire a key for good, in seconds since the epoch. */
export function retirementSafeAt(key: KeyRecord, overlap: KeyOverlap): number {
  return (key.retiringAt ?? Infinity) + drainSeconds(overlap);
}

/** The keys in that state, the oldest first. */
export function keysIn({ keys }: KeyRotation, state: KeyState): readonly KeyRecord[] {
  return keys.filter((key) => key.state === state).sort((one, other) => one.preparedAt - other.preparedAt);
}

/** The key that signs; undefined only in an empty directory. */
export function activeKey(rotation: KeyRotation): KeyRecord | undefined {
  return rotation.keys.find((key) => key.state === 'active');
}

/** The longer of two overlaps, member by member: a verifier may still go by either. */
export function longerOverlap(one: KeyOverlap, other: Partial<KeyOverlap>): KeyOverlap {
  return {
    verifierCacheSeconds: Math.max(one.verifierCacheSeconds, other.verifierCacheSeconds ?? 0),
    longestTokenSeconds: Math.max(one.longestTokenSeconds, other.longestTokenSeconds ?? 0),
  };
}

/** Whether `one` is longer than `other` in any member. */
export function isLongerOverlap(one: KeyOverlap, other: KeyOverlap): boolean {
  const isLonger = one.verifierCacheSeconds > other.verifierCacheSeconds;
  return isLonger || one.longestTokenSeconds > other.longestTokenSeconds;
}

/**
 * The next step of a rotation and the earliest moment at which it is safe. It is due when that moment has come.
 * @param everySeconds another key signs so often; left out, a new key is prepared whenever somebody wants one.
 */
export function nextStep(rotation: KeyRotation, now: number, everySeconds?: number): KeyStep {
  const { overlap } = rotation;
  const retirements = keysIn(rotation, 'retiring').map((key): KeyStep => {
    return { action: 'retire', keyId: key.keyId, notBefore: retirementSafeAt(key, overlap) };
  });
  const renewal = forward(rotation, now, everySeconds);
  const isWanted = renewal.action !== 'prepare' || everySeconds !== undefined || retirements.length === 0;
  const steps = isWanted ? [...retirements, renewal] : retirements;
  return steps.reduce((first, step) => (step.notBefore < first.notBefore ? step : first));
}

/** The next step towards another key that signs. */
function forward(rotation: KeyRotation, now: number, everySeconds: number | undefined): KeyStep {
  const active = activeKey(rotation);
  const due = (active?.activatedAt ?? now) + (everySeconds ?? 0);
  const [pending] = keysIn(rotation, 'pending');
  if (active === undefined) return { action: 'prepare', keyId: undefined, notBefore: now };
  if (pending === undefined) {
    const notBefore = everySeconds === undefined ? now : due - publicationSeconds(rotation.overlap);
    return { action: 'prepare', keyId: undefined, notBefore };
  }
  const safe = activationSafeAt(pending, rotation.overlap);
  return {
    action: 'activate',
    keyId: pending.keyId,
    notBefore: Math.max(safe, everySeconds === undefined ? safe : due),
  };
}
