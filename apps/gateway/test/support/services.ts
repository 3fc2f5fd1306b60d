import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, type ServiceProcess, startService } from '@countersign/service-kit/testing';

/** The real census and herald, each in a process of its own, with the trust and destination files that they come with. */
export interface Services {
  readonly censusUrl: string;
  readonly heraldUrl: string;
  /** Where herald keeps its private keys. */
  readonly heraldKeys: string;
  close(): Promise<void>;
}

export async function startServices(gatewayPort: number): Promise<Services> {
  const folder = mkdtempSync(join(tmpdir(), 'services-'));
  const [census, herald] = [await findFreePort(), await findFreePort()];
  const ports = new Map([
    ['4000', gatewayPort],
    ['4001', census],
    ['4002', herald],
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
  const start = (app: string, port: number, files: Readonly<Record<string, string>>) =>
    startService(new URL(`../../../${app}/dist/main.js`, import.meta.url), {
      PORT: String(port),
      DATA_DIR: join(folder, app),
      TRUST_FILE: moved(app, 'trust.json'),
      DEVELOPMENT_PAGE: 'on',
      DECISIONS_URL: `http://127.0.0.1:${String(gatewayPort)}/development/decisions`,
      ...files,
    });
  const running: ServiceProcess[] = await Promise.all([
    start('census', census, {}),
    start('herald', herald, { DESTINATIONS_FILE: moved('herald', 'destinations.json') }),
  ]);
  return {
    censusUrl: `http://127.0.0.1:${String(census)}/`,
    heraldUrl: `http://127.0.0.1:${String(herald)}/`,
    heraldKeys: join(folder, 'herald', 'keys'),
    async close() {
      await Promise.all(running.map((service) => service.stop()));
      rmSync(folder, { recursive: true });
    },
  };
}
