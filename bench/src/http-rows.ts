import { type BenchAlgorithm, type Platform } from './guards/guard.js';

export const PLATFORMS: readonly Platform[] = ['express', 'fastify', 'bare-express', 'bare-fastify'];
export const ALGORITHMS: readonly BenchAlgorithm[] = ['RS256', 'ES256'];

/** Which tokens are sent: always the same few, or each only once. */
export const TOKEN_STATES = ['seen', 'new'] as const;

/** What one guard is measured at. */
export interface HttpRow {
  readonly platform: Platform;
  readonly algorithm: BenchAlgorithm;
  readonly state: (typeof TOKEN_STATES)[number];
  /** Its name. */
  readonly guard: string;
}

/** The row of its requests per second, such as `http/express/rs256/seen/jose`. */
export function rateRow({ platform, algorithm, state, guard }: HttpRow): string {
  return ['http', platform, algorithm.toLowerCase(), state, guard].join('/');
}

/** The row of the processor time that its server used for each request, whatever else the machine did meanwhile. */
export function cpuRow(row: HttpRow): string {
  return rateRow(row).replace('http', 'http-cpu');
}
