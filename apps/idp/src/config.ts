import {
  commonVariables,
  ConfigError,
  type Environment,
  readEnvironment,
  readJsonFile,
} from '@countersign/service-kit';
import { z } from 'zod';
import { keepSecondsFor, MAX_RETIRED } from './signing-keys.js';

/** One OAuth client as the provider registers it; the provider itself checks the other members. */
export interface ClientRecord {
  readonly client_id: string;
  readonly [member: string]: unknown;
}

/** What the provider is started with. */
export interface IdpConfig {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  /** The exact `iss` of its tokens. Undefined: where it listens. */
  readonly issuer: string | undefined;
  /** The one service that its access tokens are for. */
  readonly audience: string;
  readonly clients: readonly ClientRecord[];
  /** Keeps the keys over a restart. */
  readonly dataDirectory: string;
  readonly accessTokenSeconds: number;
  /** 0: only when somebody asks for it. */
  readonly rotateEverySeconds: number;
  readonly logFormat: 'json' | 'text';
}

const seconds = (max: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number of seconds')
    .transform(Number)
    .refine((value) => value <= max, `must be ${String(max)} at most`);

const issuer = z.url({ protocol: /^https?$/, error: 'must be an absolute http or https URL' });

const variables = commonVariables('idp', { port: 4003, serviceUrl: 'http://127.0.0.1:4003/' })
  .pick({ PORT: true, HOST: true, DATA_DIR: true, LOG_FORMAT: true })
  .extend({
    SERVICE_URL: issuer.optional(),
    AUDIENCE: z.url('must be an absolute URL').default('https://gateway.service/'),
    CLIENTS_FILE: z.string().optional(),
    ACCESS_TOKEN_SECONDS: seconds(3600).default(900),
    ROTATE_EVERY_SECONDS: seconds(86_400)
      // Who checks tokens asks for keys that it does not know, but not more often than that.
      .refine((value) => value === 0 || value >= 30, 'must be 0 or at least 30')
      .default(0),
    NODE_ENV: z
      .string()
      .refine((value) => value !== 'production', 'is production, and this provider is for development only')
      .optional(),
  });

const clientRecords = z.array(z.looseObject({ client_id: z.string().min(1) }));

/**
 * Reads what the provider is started with; nothing else in it looks at the environment.
 * @throws ConfigError also with `NODE_ENV=production`: its users' passwords stand on its page.
 */
export function readConfig(environment: Environment = process.env): IdpConfig {
  const values = readEnvironment(variables, environment);
  const file = values.CLIENTS_FILE ?? new URL('../clients.json', import.meta.url);
  const clients = clientRecords.safeParse(readJsonFile('CLIENTS_FILE', file));
  if (!clients.success)
    throw new ConfigError(`CLIENTS_FILE: ${String(file)} must hold a JSON array of clients with a client_id`);
  // More often, and old keys would be too many before their tokens have expired.
  const leastSeconds = Math.ceil(keepSecondsFor(values.ACCESS_TOKEN_SECONDS) / MAX_RETIRED);
  if (values.ROTATE_EVERY_SECONDS !== 0 && values.ROTATE_EVERY_SECONDS < leastSeconds)
    throw new ConfigError(
      `ROTATE_EVERY_SECONDS: must be at least ${String(leastSeconds)} with these ACCESS_TOKEN_SECONDS`,
    );
  return {
    port: values.PORT,
    host: values.HOST,
    issuer: values.SERVICE_URL,
    audience: values.AUDIENCE,
    clients: clients.data,
    dataDirectory: values.DATA_DIR,
    accessTokenSeconds: values.ACCESS_TOKEN_SECONDS,
    rotateEverySeconds: values.ROTATE_EVERY_SECONDS,
    logFormat: values.LOG_FORMAT,
  };
}
