import { z } from 'zod';
import { ConfigError } from './environment.js';
import type { ServiceConfig } from './service-config.js';

/** Where a called service is, and the root of its URIs. Both end in `/`. */
export interface DestinationAddress {
  readonly url: string;
  readonly audience: string;
}

const destination = z
  .object({ url: z.url(), audience: z.url().optional() })
  .transform(({ url, audience }) => ({ url: withSlash(url), audience: audience ?? withSlash(url) }))
  .refine(({ audience }) => audience.endsWith('/'));

/**
 * The address of a declared destination, by its name.
 * @throws ConfigError naming what the destinations file must declare.
 */
export function findDestination(
  destinations: ServiceConfig['destinations'],
  wanted: string,
): DestinationAddress {
  const result = destination.safeParse(destinations.find(({ name }) => name === wanted));
  if (result.success) return result.data;
  const what = `"${wanted}", with a url and an audience that ends in /`;
  throw new ConfigError(`DESTINATIONS_FILE: must declare ${what}`);
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
