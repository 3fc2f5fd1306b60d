import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceProcess, startService } from '@countersign/service-kit/testing';

const MAIN = new URL('../../../census/dist/main.js', import.meta.url);

/** Starts a real census in a process of its own, which trusts the herald with these keys. */
export async function startCensus(heraldJwksUri: string): Promise<ServiceProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'census-'));
  const trustFile = join(folder, 'trust.json');
  const herald = {
    name: 'herald',
    issuer: 'https://herald.service/',
    keys: { jwksUri: heraldJwksUri },
    scopes: ['user:read'],
    actsFor: ['https://census.service/user/'],
  };
  writeFileSync(trustFile, JSON.stringify([herald]));
  const census = await startService(MAIN, { PORT: '0', DATA_DIR: folder, TRUST_FILE: trustFile });
  return {
    ...census,
    async stop(signal) {
      const outcome = await census.stop(signal);
      rmSync(folder, { recursive: true });
      return outcome;
    },
  };
}
