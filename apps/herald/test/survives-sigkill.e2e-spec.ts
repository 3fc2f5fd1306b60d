import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, type ServiceProcess, startService } from '@countersign/service-kit/testing';
import { type MailSink, startMailSink } from '../src/mail/mail-sink.js';
import { startCensus } from './support/running-census.js';
import { HERALD, startStorefront, type Storefront, storefrontTrust, userUri } from './support/storefront.js';

const MAIN = new URL('../dist/main.js', import.meta.url);
const NOTIFICATIONS = 200;
const KILL_AFTER = 60;
const SENDER = 21;

describe('Herald, killed while 200 notifications are being accepted', () => {
  let folder: string;
  let storefront: Storefront;
  let census: ServiceProcess;
  let sink: MailSink;
  let herald: ServiceProcess;
  let environment: Readonly<Record<string, string>>;
  /** The ids of the notifications whose mails have arrived. */
  const mailed = new Set<string>();
  const mails = new EventEmitter();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'herald-'));
    storefront = await startStorefront();
    sink = await startMailSink({
      onMail: ({ messageId }) => {
        mailed.add(messageId?.slice(1).split('@')[0] ?? '');
        mails.emit('mail');
      },
    });
    const port = await findFreePort();
    census = await startCensus(`http://127.0.0.1:${port}/.well-known/jwks.json`);
    environment = {
      PORT: String(port),
      DATA_DIR: folder,
      TRUST_FILE: write('trust.json', storefrontTrust(storefront)),
      DESTINATIONS_FILE: write('destinations.json', [
        {
          name: 'census',
          url: census.url,
          audience: 'https://census.service/',
          onBehalfOf: 'user',
          authorize: 'mint',
          scopes: ['user:read'],
        },
      ]),
      SMTP_URL: sink.url,
      MAIL_LEASE_SECONDS: '1',
    };
    herald = await startService(MAIN, environment);
  });

  afterAll(async () => {
    await herald.stop();
    await census.stop();
    await sink.close();
    await storefront.close();
    rmSync(folder, { recursive: true });
  });

  function write(name: string, content: unknown): string {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  }

  /** The paths of the notifications that were answered 201 before herald was killed. */
  async function sendUntilKilled(): Promise<readonly string[]> {
    const answered: string[] = [];
    const body = { user: userUri(42), type: 'welcome-message' };
    const sendOne = async () => {
      const response = await storefront.call(herald.url, {
        method: 'POST',
        path: '/notification/',
        as: SENDER,
        body,
      });
      if (response.status === 201) answered.push(response.headers.get('location')!.slice(HERALD.length - 1));
      if (answered.length === KILL_AFTER) herald.child.kill('SIGKILL');
    };
    // Those that herald could not answer any more are not promised anything.
    await Promise.allSettled(Array.from({ length: NOTIFICATIONS }, sendOne));
    return answered;
  }

  it('has stored each one that it answered 201, and its mail arrives at least once', async () => {
    const answered = await sendUntilKilled();
    expect(await herald.stop('SIGKILL')).toBe('SIGKILL');
    expect(answered.length).toBeGreaterThanOrEqual(KILL_AFTER);
    expect(answered.length).toBeLessThan(NOTIFICATIONS);

    herald = await startService(MAIN, environment);
    const found = await Promise.all(
      answered.map((path) => storefront.call(herald.url, { path, as: SENDER })),
    );
    expect(found.map(({ status }) => status)).toEqual(answered.map(() => 200));
    const ids = answered.map((path) => path.split('/')[2]!);
    while (!ids.every((id) => mailed.has(id))) await once(mails, 'mail');
  });
});
