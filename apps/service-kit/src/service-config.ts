import { join } from 'node:path';
import type { DestinationRecord, TrustRecord } from '@countersign/core';
import { z } from 'zod';
import type { DatabaseLocation } from './database/database.js';
import { type commonVariables, ConfigError, readJsonFile } from './environment.js';

/** Where the service's own keys are, and how often it lets another one sign; left out, somebody else rotates them. */
export interface ServiceKeys {
  readonly directory: string;
  readonly rotateEverySeconds?: number;
}

/** What every service is started with. */
export interface ServiceConfig {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  /** The service's own issuer and audience, ending in `/`. */
  readonly serviceUrl: string;
  readonly trust: readonly TrustRecord[];
  readonly destinations: readonly DestinationRecord[];
  readonly keys: ServiceKeys;
  readonly database: DatabaseLocation;
  readonly logFormat: 'json' | 'text';
  /** Where each decision is also sent, while somebody develops. */
  readonly decisionsUrl?: string | undefined;
  /** Whether what the page of the gateway shows may be asked for: for development. Default false. */
  readonly hasDevelopmentPage?: boolean;
}

/** The files that come with a service, for when the environment names none. */
export interface DefaultFiles {
  readonly trust: URL;
  /** Left out by a service that calls nobody. */
  readonly destinations?: URL;
}

/**
 * Turns the common variables into the configuration, reading the files that they name.
 *
 * Trust and destination records are checked later, by Countersign when the application is made.
 *
 * @throws ConfigError when a file cannot be read or is not a JSON array of objects; for what is for development, in production.
 */
export function toServiceConfig(
  variables: z.output<ReturnType<typeof commonVariables>>,
  files: DefaultFiles,
): ServiceConfig {
  if (variables.DECISIONS_URL !== undefined && variables.NODE_ENV === 'production')
    throw new ConfigError('DECISIONS_URL: is for development only');
  if (variables.DEVELOPMENT_PAGE === 'on' && variables.NODE_ENV === 'production')
    throw new ConfigError('DEVELOPMENT_PAGE: is for development only');
  const destinationsFile = variables.DESTINATIONS_FILE ?? files.destinations;
  return {
    port: variables.PORT,
    host: variables.HOST,
    serviceUrl: variables.SERVICE_URL,
    trust: readRecords('TRUST_FILE', variables.TRUST_FILE ?? files.trust, trustRecords),
    destinations:
      destinationsFile === undefined
        ? []
        : readRecords('DESTINATIONS_FILE', destinationsFile, destinationRecords),
    keys: {
      directory: variables.KEYS_DIR ?? join(variables.DATA_DIR, 'keys'),
      ...(variables.KEYS_ROTATE_EVERY_SECONDS !== undefined && {
        rotateEverySeconds: variables.KEYS_ROTATE_EVERY_SECONDS,
      }),
    },
    database:
      variables.DATABASE_URL === undefined
        ? { kind: 'embedded', directory: join(variables.DATA_DIR, 'database') }
        : { kind: 'postgres', url: variables.DATABASE_URL },
    logFormat: variables.LOG_FORMAT,
    decisionsUrl: variables.DECISIONS_URL,
    hasDevelopmentPage: variables.DEVELOPMENT_PAGE === 'on',
  };
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null;
const trustRecords = z.array(z.custom<TrustRecord>(isObject));
const destinationRecords = z.array(z.custom<DestinationRecord>(isObject));

function readRecords<Records extends z.ZodType>(
  variable: string,
  file: string | URL,
  records: Records,
): z.output<Records> {
  const result = records.safeParse(readJsonFile(variable, file));
  if (!result.success)
    throw new ConfigError(`${variable}: ${String(file)} must hold a JSON array of objects`);
  return result.data;
}
