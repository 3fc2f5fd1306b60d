import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A set of environment variables, as `process.env` is. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that the service cannot start with; its message is one line that names the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a whole number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a whole number from 0 to 65535');

const serviceUrl = z
  .string()
  .refine(isServiceUrl, 'must be an absolute http or https URL that ends in / and has no query');

const seconds = z
  .string()
  .regex(/^\d{1,9}$/, 'must be whole seconds')
  .transform(Number);

const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must start with postgres:// or postgresql://');

const loopbackUrl = z
  .url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/, error: 'must be an http URL on 127.0.0.1' })
  .optional();

const redisUrl = z.string().refine(() => false, 'Redis stores are not available in this version; unset it');

/**
 * The variables that every service reads, with the defaults of the one called `name`.
 *
 * A service adds its own with `extend`. An empty variable counts as unset.
 */
export function commonVariables(
  name: string,
  defaults: { readonly port: number; readonly serviceUrl: string },
) {
  return z.object({
    PORT: port.default(defaults.port),
    HOST: z.string().default('127.0.0.1'),
    SERVICE_URL: serviceUrl.default(defaults.serviceUrl),
    TRUST_FILE: z.string().optional(),
    DESTINATIONS_FILE: z.string().optional(),
    DATA_DIR: z.string().default(`.data/${name}`),
    KEYS_DIR: z.string().optional(),
    KEYS_ROTATE_EVERY_SECONDS: seconds.optional(),
    DATABASE_URL: postgresUrl.optional(),
    REDIS_URL: redisUrl.optional(),
    DECISIONS_URL: loopbackUrl,
    DEVELOPMENT_PAGE: z.enum(['on', 'off'], 'must be on or off').default('off'),
    NODE_ENV: z.string().optional(),
    LOG_FORMAT: z.enum(['json', 'text'], 'must be json or text').default('text'),
  });
}

/**
 * Reads the variables of `schema` from the environment.
 *
 * @throws ConfigError that names the first variable with a bad value, and never the value: it may hold a password.
 */
export function readEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment,
): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ConfigError(`${issue?.path.join('.') ?? 'environment'}: ${issue?.message ?? 'is not valid'}`);
}

/**
 * Reads a JSON file named by an environment variable. The content is not checked.
 *
 * @throws ConfigError when the file cannot be read or is not JSON.
 */
export function readJsonFile(variable: string, path: string | URL): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new ConfigError(`${variable}: ${String(path)} ${reason}`, { cause: error });
  }
}

function isServiceUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const isHttp = url.protocol === 'https:' || url.protocol === 'http:';
  return (
    isHttp &&
    url.href === value &&
    value.endsWith('/') &&
    url.search === '' &&
    url.hash === '' &&
    url.username === ''
  );
}
