import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { holdPort, type ServiceProcess, startService } from '@countersign/service-kit/testing';

const IDP = new URL('../../../idp/', import.meta.url);

/** The real provider, in a process of its own. */
export interface Provider {
  readonly issuer: string;
  /** Starts it, again or for the first time. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it for good. */
  close(): Promise<void>;
}

export interface ProviderOptions {
  /** For its keys and its clients. */
  readonly folder: string;
  readonly gatewayUrl: string;
  readonly environment: Readonly<Record<string, string>> | undefined;
  /** Whether it runs from the beginning. Otherwise its address is known before somebody answers there. */
  readonly isRunning: boolean;
}

export async function prepareProvider({
  folder,
  gatewayUrl,
  environment,
  isRunning,
}: ProviderOptions): Promise<Provider> {
  const clients = join(folder, 'clients.json');
  const text = readFileSync(new URL('clients.json', IDP), 'utf8');
  writeFileSync(clients, text.replaceAll('http://127.0.0.1:4000', gatewayUrl));
  const startOn = (port: number) =>
    startService(new URL('dist/main.js', IDP), {
      PORT: String(port),
      DATA_DIR: join(folder, 'idp'),
      CLIENTS_FILE: clients,
      ...environment,
    });
  const held = isRunning ? undefined : await holdPort();
  let running: ServiceProcess | undefined = isRunning ? await startOn(0) : undefined;
  const issuer = running?.url ?? `http://127.0.0.1:${String(held?.port)}`;
  const stop = async () => {
    await running?.stop();
    running = undefined;
  };
  return {
    issuer,
    async start() {
      await held?.release();
      running = await startOn(Number(new URL(issuer).port));
    },
    stop,
    async close() {
      await stop();
      await held?.release();
    },
  };
}
