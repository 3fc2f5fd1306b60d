import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HeldPort, holdPort, startOnFreePorts, startService } from '@countersign/service-kit/testing';

/** The real census and herald, each in a process of its own, with the trust and destination files that they come with. */
export interface Services {
  readonly censusUrl: string;
  readonly heraldUrl: string;
  /** Where herald keeps its private keys. */
  readonly heraldKeys: string;
  close(): Promise<void>;
}

/** Each names the port of the other in a file, so neither can be told to take any: they start once more on others. */
export function startServices(gatewayPort: number): Promise<Services> {
  return startOnFreePorts(() => startOnce(gatewayPort));
}

async function startOnce(gatewayPort: number): Promise<Services> {
  const folder = mkdtempSync(join(tmpdir(), 'services-'));
  const [census, herald] = await Promise.all([holdPort(), holdPort()]);
  const ports = new Map([
    ['4000', gatewayPort],
    ['4001', census.port],
    ['4002', herald.port],
  ]);
  const moved = (app: string, file: string) => {
    const text = readFileSync(new URL(`../../../${app}/${file}`, import.meta.url), 'utf8');
    const path = join(folder, `${app}-${file}`);
    writeFileSync(
      path,
      text.replaceAll(/(?<=127\.0\.0\.1:)\d+/g, (port) => String(ports.get(port))),
    );
    return path;
  };
  const start = async (app: string, held: HeldPort, files: Readonly<Record<string, string>>) => {
    await held.release();
    return startService(new URL(`../../../${app}/dist/main.js`, import.meta.url), {
      PORT: String(held.port),
      DATA_DIR: join(folder, app),
      TRUST_FILE: moved(app, 'trust.json'),
      DEVELOPMENT_PAGE: 'on',
      DECISIONS_URL: `http://127.0.0.1:${String(gatewayPort)}/development/decisions`,
      ...files,
    });
  };
  const started = await Promise.allSettled([
    start('census', census, {}),
    start('herald', herald, { DESTINATIONS_FILE: moved('herald', 'destinations.json') }),
  ]);
  const close = async () => {
    for (const each of started) if (each.status === 'fulfilled') await each.value.stop();
    rmSync(folder, { recursive: true });
  };
  const failed = started.find((each) => each.status === 'rejected');
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  return {
    censusUrl: `http://127.0.0.1:${String(census.port)}/`,
    heraldUrl: `http://127.0.0.1:${String(herald.port)}/`,
    heraldKeys: join(folder, 'herald', 'keys'),
    close,
  };
}
