import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { freePorts } from './ports.js';
import { startService, type LogLine, type ServiceName } from './service.js';
import { startWire, type Wire } from './wire.js';

/** All services, each in a process of its own. */
export interface Everything {
  /** All but the provider's end in `/`; the provider's is its issuer. */
  readonly urls: Readonly<Record<ServiceName, string>>;
  readonly wire: Wire;
  /** Where a service keeps its private keys. */
  readonly keysOf: (service: ServiceName) => string;
  stop(): Promise<void>;
}

const require = createRequire(import.meta.url);

/** The ports that the services' own files name. */
const USUAL_PORTS = { gateway: 4000, census: 4001, herald: 4002, idp: 4003 } as const;

/**
 * Starts all services on their own files, with the ports of this run in place of the usual ones.
 *
 * Rejects when `stopping` is aborted before all listen; then nothing runs any more.
 */
export async function startEverything(
  folder: string,
  onLine: (line: LogLine) => void,
  stopping: AbortSignal,
): Promise<Everything> {
  const [gateway = 0, census = 0, herald = 0, idp = 0, wirePort = 0] = await freePorts(
    ...Object.values(USUAL_PORTS),
    0,
  );
  const ports = { gateway, census, herald, idp };
  const urls = {
    gateway: urlOf(gateway),
    census: urlOf(census),
    herald: urlOf(herald),
    idp: urlOf(idp).slice(0, -1),
  };
  const file = (app: ServiceName, name: string, actual: Ports) => withPorts(folder, app, name, actual);
  const start = (name: ServiceName, environment: Readonly<Record<string, string>>) =>
    startService({
      name,
      environment: {
        PORT: String(ports[name]),
        DATA_DIR: join(folder, name),
        DEVELOPMENT_PAGE: 'on',
        DECISIONS_URL: `${urls.gateway}development/decisions`,
        ...environment,
      },
      onLine,
      stopping,
    });
  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    await Promise.all(running.map((service) => service.stop()));
  };
  try {
    const wire = await startWire(wirePort, urls.herald);
    running.push(wire);
    // All files first: from the first start on, nothing may fail that leaves a service behind.
    const files = {
      idp: { CLIENTS_FILE: await file('idp', 'clients.json', ports) },
      census: { TRUST_FILE: await file('census', 'trust.json', ports) },
      herald: {
        TRUST_FILE: await file('herald', 'trust.json', ports),
        DESTINATIONS_FILE: await file('herald', 'destinations.json', ports),
      },
      gateway: {
        TRUST_FILE: await file('gateway', 'trust.json', ports),
        DESTINATIONS_FILE: await file('gateway', 'destinations.json', { ...ports, herald: wirePort }),
      },
    };
    const starting = [
      start('idp', files.idp),
      start('census', files.census),
      start('herald', files.herald),
      start('gateway', {
        PUBLIC_URL: urls.gateway,
        PROVIDER_URL: urls.idp,
        STOLEN_KEYS_DIR: join(folder, 'herald', 'keys'),
        ...files.gateway,
      }),
    ];
    const started = await Promise.allSettled(starting);
    for (const each of started) if (each.status === 'fulfilled') running.push(each.value);
    await Promise.all(starting);
    return { urls, wire, keysOf: (service) => join(folder, service, 'keys'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Ports = Readonly<Record<ServiceName, number>>;

async function withPorts(folder: string, app: ServiceName, file: string, ports: Ports): Promise<string> {
  const text = await readFile(require.resolve(`@countersign/${app}/${file}`), 'utf8');
  const path = join(folder, `${app}-${file}`);
  const actual = new Map<number, number>([
    [USUAL_PORTS.gateway, ports.gateway],
    [USUAL_PORTS.census, ports.census],
    [USUAL_PORTS.herald, ports.herald],
    [USUAL_PORTS.idp, ports.idp],
  ]);
  const moved = text.replaceAll(/(?<=127\.0\.0\.1:)\d+/g, (port) => String(actual.get(Number(port)) ?? port));
  await writeFile(path, moved);
  return path;
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${String(port)}/`;
}
