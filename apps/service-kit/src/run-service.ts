import { isatty } from 'node:tty';
import {
  type ConsoleLoggerOptions,
  type DynamicModule,
  type INestApplication,
  Logger,
  type LoggerService,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ConfigError } from './environment.js';
import { errorCode } from './error-code.js';

export interface ServiceAddress {
  readonly port: number;
  readonly host: string;
}

/** How a service logs: lines for a person, or one JSON object per line. */
export function loggerOptions(format: 'json' | 'text'): ConsoleLoggerOptions {
  return { json: format === 'json', colors: format === 'text' && isatty(1) };
}

/**
 * Makes a Nest application on Express that nobody listens to yet.
 *
 * Nothing is logged when it cannot be made: the error is for whoever calls.
 */
export async function createServiceApp(
  module: DynamicModule,
  logger: LoggerService | false,
): Promise<NestExpressApplication> {
  const options = { bufferLogs: true, autoFlushLogs: false, abortOnError: false };
  const app = await NestFactory.create<NestExpressApplication>(module, options);
  app.disable('x-powered-by');
  app.useLogger(logger);
  app.flushLogs();
  return app;
}

/**
 * Listens, and says where in one log line.
 *
 * @throws ConfigError when the port is taken, or may not be used.
 */
export async function listen(name: string, app: INestApplication, address: ServiceAddress): Promise<void> {
  try {
    await app.listen(address.port, address.host);
  } catch (cause) {
    const code = errorCode(cause) ?? 'unknown error';
    throw new ConfigError(`PORT: cannot listen on ${address.host}:${String(address.port)} (${code})`, {
      cause,
    });
  }
  new Logger(name).log(`${name} listens on ${await app.getUrl()}`);
}

/**
 * Runs a service until SIGTERM or SIGINT, then lets requests in progress finish and exits with 0.
 *
 * A setting that it cannot start with is one line on standard error and exit code 1.
 */
export async function runService(name: string, start: () => Promise<INestApplication>): Promise<void> {
  try {
    const app = await start();
    app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  } catch (error) {
    process.stderr.write(`${name}: ${reasonOf(error)}\n`);
    process.exit(1);
  }
}

/** Where a person writes the options that Countersign names in its errors. */
const VARIABLES_OF_OPTIONS = [
  ['service', 'SERVICE_URL'],
  ['trust', 'TRUST_FILE'],
  ['destinations', 'DESTINATIONS_FILE'],
  ['keys.rotateEverySeconds', 'KEYS_ROTATE_EVERY_SECONDS'],
  ['keys', 'KEYS_DIR'],
] as const;

function reasonOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return String(error);
  if (errorCode(error) !== 'config_invalid') return error.stack ?? error.message;
  const variable = VARIABLES_OF_OPTIONS.find(([option]) => error.message.startsWith(option))?.[1];
  return variable === undefined ? error.message : `${variable}: ${error.message}`;
}
