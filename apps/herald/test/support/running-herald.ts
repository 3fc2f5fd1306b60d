import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../src/create-app.js';
import { MailServer } from '../../src/mail/mail-server.js';
import { HERALD, type Storefront, storefrontTrust } from './storefront.js';

export interface RunningHerald {
  readonly url: string;
  readonly mailServer: MailServer;
  close(): Promise<void>;
}

/** Starts herald in this process, with a database in memory and the embedded mail sink. */
export async function startHerald(
  port: number,
  censusUrl: string,
  storefront: Storefront,
): Promise<RunningHerald> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-'));
  const app = await createApp(
    {
      port,
      host: '127.0.0.1',
      serviceUrl: HERALD,
      trust: storefrontTrust(storefront),
      destinations: [
        {
          name: 'census',
          url: censusUrl,
          audience: 'https://census.service/',
          onBehalfOf: 'user',
          authorize: 'mint',
          scopes: ['user:read'],
        },
      ],
      keys: { directory: join(folder, 'keys') },
      database: { kind: 'memory' },
      logFormat: 'text',
      hasDevelopmentPage: false,
      mail: { smtpUrl: undefined, from: 'welcome@herald.example', leaseSeconds: 60 },
    },
    false,
  );
  await app.listen(port, '127.0.0.1');
  return {
    url: await app.getUrl(),
    mailServer: app.get(MailServer),
    async close() {
      await app.close();
      rmSync(folder, { recursive: true });
    },
  };
}
