import { formatDuration } from './duration.js';

/** Seconds since 1970 as ISO 8601 in UTC. Fractions are rounded up: whoever waits until then has waited long enough. */
export function roundedUpIsoTime(epochSeconds: number): string {
  return new Date(Math.ceil(epochSeconds) * 1000).toISOString().replace('.000Z', 'Z');
}

/** A time for a person who has to wait for it: `2026-01-01T00:05:00Z (in 4 min)`, `... (now)`, `... (2 h ago)`. */
export function describeTime(epochSeconds: number, now: number): string {
  return `${roundedUpIsoTime(epochSeconds)} (${distance(Math.ceil(epochSeconds) - now)})`;
}

function distance(seconds: number): string {
  if (seconds > 0) return `in ${formatDuration(seconds)}`;
  return seconds > -1 ? 'now' : `${formatDuration(Math.floor(-seconds))} ago`;
}
