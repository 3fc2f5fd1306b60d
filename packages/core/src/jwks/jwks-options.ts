import { OptionsReader } from '../options.js';

/** How remote key sets are fetched and cached. Every member has a default. */
export interface JwksOptions {
  /** How long a set is cached if the response has no `Cache-Control: max-age`. Default 600, from 60 to 86,400. */
  readonly maxAgeSeconds?: number;
  /** The minimum time between two fetches caused by unknown keys. Default 30, at least 1. */
  readonly cooldownSeconds?: number;
  /** How long a set is used if it cannot be fetched again. Default 86,400. */
  readonly maxStaleSeconds?: number;
  /** The timeout of a request. Default 5,000. */
  readonly timeoutMs?: number;
  /** The maximum size of a response. Default 262,144. */
  readonly maxBytes?: number;
}

const MEMBERS = ['maxAgeSeconds', 'cooldownSeconds', 'maxStaleSeconds', 'timeoutMs', 'maxBytes'] as const;

/** Checks the options and fills in their defaults. @throws TypeError naming the option. */
export function readJwksOptions(value: unknown): Required<JwksOptions> {
  const jwks = new OptionsReader(value, 'jwks', MEMBERS);
  const maxAgeSeconds = jwks.number('maxAgeSeconds', { fallback: 600, min: 60, max: 86_400 });
  return {
    maxAgeSeconds,
    cooldownSeconds: jwks.number('cooldownSeconds', { fallback: 30, min: 1, max: 3600 }),
    maxStaleSeconds: jwks.number('maxStaleSeconds', { fallback: 86_400, min: maxAgeSeconds, max: 604_800 }),
    timeoutMs: jwks.number('timeoutMs', { fallback: 5000, min: 1, max: 60_000 }),
    maxBytes: jwks.number('maxBytes', { fallback: 262_144, min: 1024, max: 16_777_216 }),
  };
}
