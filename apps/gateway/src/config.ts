import { join } from 'node:path';
import {
  commonVariables,
  ConfigError,
  type Environment,
  isLoopbackUrl,
  readEnvironment,
  type ServiceConfig,
  toServiceConfig,
} from '@countersign/service-kit';
import { z } from 'zod';

/** What the gateway is started with. */
export interface GatewayConfig extends ServiceConfig {
  /** Where browsers find it, ending in `/`. */
  readonly publicUrl: string;
  readonly login: LoginConfig;
  readonly session: SessionConfig;
  /** The origins whose pages may call with a token of their own; cookies are never for them. */
  readonly corsOrigins: readonly string[];
  /** Keys of herald, for the scene on the page in which they were stolen. */
  readonly stolenKeysDirectory: string | undefined;
}

export interface LoginConfig {
  /** The issuer of the OpenID provider. */
  readonly provider: string;
  readonly clientId: string;
}

export interface SessionConfig {
  /** 32 bytes in base64url; without it, those in the file, which is made when there is none. */
  readonly key: string | undefined;
  readonly keyFile: string;
  /** Where sessions are remembered that ended before their cookies do. */
  readonly endedFile: string;
}

const origin = (value: string) => URL.canParse(value) && new URL(value).origin === value;
const isSafe = (value: string) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackUrl(value));
};

const variables = commonVariables('gateway', { port: 4000, serviceUrl: 'https://gateway.service/' }).extend({
  PUBLIC_URL: z
    .string()
    .refine((value) => isSafe(value) && `${new URL(value).origin}/` === value, {
      message: 'must be an https origin that ends in / (http is for loopback only)',
    })
    .default('http://127.0.0.1:4000/'),
  PROVIDER_URL: z
    .string()
    .refine(isSafe, 'must be an https URL (http is for loopback only)')
    .default('http://127.0.0.1:4003'),
  CLIENT_ID: z.string().default('gateway'),
  SESSION_KEY: z
    .string()
    .regex(/^[\w-]{43}$/, 'must be 32 bytes in base64url')
    .optional(),
  CORS_ORIGINS: z
    .string()
    .transform((value) => value.split(/[\s,]+/).filter((each) => each !== ''))
    .refine((values) => values.every(origin), 'must be origins such as https://shop.example')
    .default([]),
  STOLEN_KEYS_DIR: z.string().optional(),
});

const files = {
  trust: new URL('../trust.json', import.meta.url),
  destinations: new URL('../destinations.json', import.meta.url),
};

/**
 * Reads what the gateway is started with; nothing else in it looks at the environment.
 * @throws ConfigError also for a development page where browsers reach the gateway through a proxy: not every proxy says
 *   that it is one.
 */
export function readConfig(environment: Environment = process.env): GatewayConfig {
  const values = readEnvironment(variables, environment);
  const config = toServiceConfig(values, files);
  if (config.hasDevelopmentPage === true && !isLoopbackUrl(values.PUBLIC_URL))
    throw new ConfigError('DEVELOPMENT_PAGE: is for this machine only, and PUBLIC_URL is not on it');
  return {
    ...config,
    publicUrl: values.PUBLIC_URL,
    login: { provider: values.PROVIDER_URL, clientId: values.CLIENT_ID },
    session: {
      key: values.SESSION_KEY,
      keyFile: join(values.DATA_DIR, 'session-key'),
      endedFile: join(values.DATA_DIR, 'ended-sessions.json'),
    },
    corsOrigins: values.CORS_ORIGINS,
    stolenKeysDirectory: config.hasDevelopmentPage ? values.STOLEN_KEYS_DIR : undefined,
  };
}
