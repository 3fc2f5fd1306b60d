import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, type ServiceProcess, startService } from '@countersign/service-kit/testing';
import { type MailSink, type MailSinkOptions, startMailSink } from '../../src/mail/mail-sink.js';
import { startCensus } from './running-census.js';
import { startStorefront, type Storefront, storefrontTrust } from './storefront.js';

const MAIN = new URL('../../dist/main.js', import.meta.url);

/** A herald to be started, and started again, on the same port and folder, with everything that it needs. */
export interface HeraldScene {
  readonly storefront: Storefront;
  readonly sink: MailSink;
  start(): Promise<ServiceProcess>;
  close(): Promise<void>;
}

export async function prepareHerald(onMail: MailSinkOptions['onMail']): Promise<HeraldScene> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-'));
  const storefront = await startStorefront();
  const sink = await startMailSink({ ...(onMail && { onMail }) });
  const port = await findFreePort();
  const census = await startCensus(`http://127.0.0.1:${port}/.well-known/jwks.json`);
  const destination = {
    name: 'census',
    url: census.url,
    audience: 'https://census.service/',
    onBehalfOf: 'user',
    authorize: 'mint',
    scopes: ['user:read'],
  };
  writeFileSync(join(folder, 'trust.json'), JSON.stringify(storefrontTrust(storefront)));
  writeFileSync(join(folder, 'destinations.json'), JSON.stringify([destination]));
  return {
    storefront,
    sink,
    start: () =>
      startService(MAIN, {
        PORT: String(port),
        DATA_DIR: folder,
        TRUST_FILE: join(folder, 'trust.json'),
        DESTINATIONS_FILE: join(folder, 'destinations.json'),
        SMTP_URL: sink.url,
        MAIL_LEASE_SECONDS: '1',
      }),
    async close() {
      await census.stop();
      await sink.close();
      await storefront.close();
      rmSync(folder, { recursive: true });
    },
  };
}
