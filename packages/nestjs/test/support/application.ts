import { type AddressInfo } from 'node:net';
import { type INestApplication, type ModuleMetadata, type Type } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type KeyStore } from '@countersign/core';
import { CountersignModule, type CountersignOptions, type DecisionRecord } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';

export const SERVICE = 'https://census.service/';
export const REALM = `Bearer realm="${SERVICE}"`;

/** The same suite over both: `describe.each(ADAPTERS)('over $name', ({ adapter }) => ...)`. */
export const ADAPTERS: readonly { readonly name: string; readonly adapter: () => AbstractHttpAdapter }[] = [
  { name: 'Express', adapter: () => new ExpressAdapter() },
  { name: 'Fastify', adapter: () => new FastifyAdapter() },
];

export interface ApplicationParts extends ModuleMetadata {
  readonly adapter: () => AbstractHttpAdapter;
  readonly options: CountersignOptions;
  /** Called before the application is initialised. */
  readonly prepare?: (application: INestApplication) => void;
  /** Default: a free one. */
  readonly port?: number;
}

export interface Application {
  readonly origin: string;
  readonly nest: INestApplication;
  readonly decisions: DecisionRecord[];
  close(): Promise<void>;
}

/** Starts a Nest application with the module on a free port. */
export async function startApplication(parts: ApplicationParts): Promise<Application> {
  const decisions: DecisionRecord[] = [];
  const recorder = { record: (decision: DecisionRecord) => void decisions.push(decision) };
  const root = {
    module: class RootModule {},
    imports: [CountersignModule.forRoot({ decisions: recorder, ...parts.options }), ...(parts.imports ?? [])],
    controllers: parts.controllers ?? [],
    providers: parts.providers ?? [],
  };
  const nest = await NestFactory.create(root, parts.adapter(), { logger: false, abortOnError: false });
  try {
    parts.prepare?.(nest);
    await nest.listen(parts.port ?? 0, '127.0.0.1');
  } catch (error) {
    await nest.close();
    throw error;
  }
  const { port } = (nest.getHttpServer() as { address(): AddressInfo }).address();
  return { origin: `http://127.0.0.1:${String(port)}`, nest, decisions, close: () => nest.close() };
}

/** Whatever starting an application throws. */
export async function startError(start: () => Promise<Application>): Promise<Error> {
  let application: Application | undefined;
  try {
    application = await start();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  } finally {
    await application?.close();
  }
  throw new Error('the application started');
}

/** The smallest options: census, which trusts one issuer. */
export function censusOptions(herald: TestIssuer, keys: KeyStore): CountersignOptions {
  return { service: SERVICE, trust: [herald.trustRecord({ scopes: ['user:read'] })], keys };
}

/** Any class, by name, for lists of controllers that are made in a test. */
export type Controllers = readonly Type[];
