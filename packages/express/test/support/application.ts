import { createRequire } from 'node:module';
import { type AddressInfo } from 'node:net';
import { type Server } from 'node:http';
import express5, { type Express } from 'express';
import { type DecisionRecord } from '@countersign/core/http';
import { createCountersign, type Countersign } from '@countersign/express';
import { type ServiceOptions } from '@countersign/express';
import { type TestIssuer } from '@countersign/testing';

export const SERVICE = 'https://order.service/';

/** Its types are those of another version; what the tests use is the same. */
const express4 = createRequire(import.meta.url)('express-4') as typeof express5;

/** The same suite over both: `describe.each(VERSIONS)('over $name', ({ express }) => ...)`. */
export const VERSIONS: readonly { readonly name: string; readonly express: typeof express5 }[] = [
  { name: 'Express 5', express: express5 },
  { name: 'Express 4', express: express4 },
];

export interface Application {
  readonly origin: string;
  readonly countersign: Countersign;
  readonly decisions: readonly DecisionRecord[];
  readonly log: readonly (string | object)[];
  close(): Promise<void>;
}

export interface ApplicationParts {
  readonly app: Express;
  readonly issuer: TestIssuer;
  readonly options?: Partial<ServiceOptions>;
  /** Adds everything to the application. */
  readonly build: (app: Express, countersign: Countersign) => void;
}

/** Starts an application on a free port. What it throws while it is built, this throws. */
export async function startApplication({
  app,
  issuer,
  options,
  build,
}: ApplicationParts): Promise<Application> {
  const decisions: DecisionRecord[] = [];
  const log: (string | object)[] = [];
  const write = (line: string | object) => void log.push(line);
  const countersign = await createCountersign({
    service: SERVICE,
    trust: [issuer.trustRecord({ scopes: ['order:read', 'order:write', 'admin'] })],
    keys: issuer.keyStore,
    hydrate: false,
    decisions: { record: (decision) => void decisions.push(decision) },
    logger: { info: write, warn: write, error: write },
    ...options,
  });
  // Express itself writes errors that reach its end to the console.
  app.set('env', 'test');
  build(app, countersign);
  const server = await new Promise<Server>((resolve) => {
    const listening: Server = app.listen(0, '127.0.0.1', () => {
      resolve(listening);
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    countersign,
    decisions,
    log,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await countersign.close();
    },
  };
}
