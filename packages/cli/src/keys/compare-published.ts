import { type PublicJwk } from '@countersign/core';
import { type KeyOverlap, type KeyProblem } from '@countersign/core/rotation';
import { type PublishedSet } from './fetch-published.js';
import { shortKid } from './key-name.js';

/** A set without an age is kept for as long as each verifier likes; ours keep it for ten minutes. */
const AGE_WITHOUT_HEADER_SECONDS = 600;

/**
 * Compares what a running service publishes with what its directory says it should: every key, member by member, nothing
 * that is private, nothing else, and not for longer than the rotation reckons with.
 * @param ours what a service publishes that starts on the directory now.
 */
export function comparePublished(
  published: PublishedSet,
  ours: readonly PublicJwk[],
  { verifierCacheSeconds }: KeyOverlap,
  url: string,
): readonly KeyProblem[] {
  const theirs = new Map(published.keys.map((key) => [kidOf(key), key]));
  const expected = new Set(ours.map(({ kid }) => kid));
  const errors = [
    ...ours.flatMap((key) => problemsOfKey(key, theirs.get(key.kid))),
    ...[...theirs.keys()]
      .filter((kid) => kid === undefined || !expected.has(kid))
      .map((kid) =>
        kid === undefined
          ? 'publishes a key without a kid'
          : `publishes ${JSON.stringify(shortKid(kid))}, which is not in the directory: a revoked key, another directory, or a service that does not read it any more`,
      ),
    ...(published.keys.length > theirs.size ? ['publishes a kid twice'] : []),
  ];
  const kept = published.maxAgeSeconds ?? AGE_WITHOUT_HEADER_SECONDS;
  if (kept > verifierCacheSeconds)
    errors.push(
      `lets other services keep the key set for ${String(kept)} s, and the directory reckons with ` +
        `${String(verifierCacheSeconds)} s; say --verifier-cache-seconds ${String(kept)} when you prepare the next key`,
    );
  return errors.map((problem) => ({ severity: 'error', path: url, problem }));
}

function problemsOfKey(ours: PublicJwk, theirs: unknown): readonly string[] {
  const name = shortKid(ours.kid);
  if (theirs === undefined)
    return [`does not publish ${name}: the service reads another directory, or has not looked again yet`];
  const published = new Map(Object.entries(Object(theirs) as Record<string, unknown>));
  const differing = Object.keys(ours).filter((member) => published.get(member) !== ours[member]);
  const isPrivate = published.has('d');
  return [
    ...(isPrivate ? [`publishes the private half of ${name}: revoke it at once`] : []),
    ...(differing.length > 0 ? [`publishes ${name} with another ${differing.join(', ')}`] : []),
  ];
}

function kidOf(key: unknown): string | undefined {
  const kid = typeof key === 'object' && key !== null && 'kid' in key ? key.kid : undefined;
  return typeof kid === 'string' ? kid : undefined;
}
