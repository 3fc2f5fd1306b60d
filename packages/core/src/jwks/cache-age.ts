const SHORTEST_SECONDS = 60;
const LONGEST_SECONDS = 86_400;

/** Directives that forbid to keep an answer: it is kept for the shortest time, or each request would fetch it. */
const NOT_KEPT: ReadonlySet<string> = new Set(['no-store', 'no-cache']);

/**
 * How long a key set may be kept by the `Cache-Control` of its answer (RFC 9111 section 5.2.2): from a minute to a day,
 * whatever it says. An age that cannot be read counts as none at all (section 4.2.1). `s-maxage` is for shared caches.
 * @returns undefined when it says nothing about its age.
 */
export function cacheAgeSeconds(cacheControl: string | null): number | undefined {
  const ages = (cacheControl ?? '').split(',').flatMap((directive) => {
    const [name = '', value = ''] = directive.split('=', 2).map((part) => part.trim().toLowerCase());
    if (NOT_KEPT.has(name)) return [0];
    return name === 'max-age' ? [ageOf(value)] : [];
  });
  if (ages.length === 0) return undefined;
  return Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, Math.min(...ages)));
}

function ageOf(value: string): number {
  const digits = /^(?:(\d+)|"(\d+)")$/.exec(value);
  return digits === null ? 0 : Number(digits[1] ?? digits[2]);
}
