import { EventEmitter, once } from 'node:events';
import type { ServiceProcess } from '@countersign/service-kit/testing';
import { type HeraldScene, prepareHerald } from './support/herald-process.js';
import { HERALD, userUri } from './support/storefront.js';

const NOTIFICATIONS = 200;
const STOP_AFTER = 60;
const SENDER = 21;
/** Herald starts twice, and everybody may share one slow core. */
const TIMEOUT_MS = 180_000;

let scene: HeraldScene;
let herald: ServiceProcess;
/** The ids of the notifications whose mails have arrived. */
const mailed = new Set<string>();
const mails = new EventEmitter();

beforeAll(async () => {
  scene = await prepareHerald(({ messageId }) => {
    mailed.add(messageId?.slice(1).split('@')[0] ?? '');
    mails.emit('mail');
  });
}, TIMEOUT_MS);

beforeEach(async () => {
  herald = await scene.start();
}, TIMEOUT_MS);

afterEach(async () => {
  await herald.stop();
});

afterAll(async () => {
  await scene.close();
});

/** Sends all notifications at once, and a signal when the first ones are answered. */
async function sendAndStop(signal: 'SIGTERM' | 'SIGKILL') {
  const body = { user: userUri(42), type: 'welcome-message' };
  const accepted: string[] = [];
  const refusals: string[] = [];
  const sendOne = async (): Promise<void> => {
    const call = { method: 'POST', path: '/notification/', as: SENDER, body };
    const response = await scene.storefront.call(herald.url, call);
    if (response.status !== 201) {
      const code = await codeOf(response);
      // Two hundred at once may be too many for census on a slow machine: that is said, and may be tried again.
      return code === 'census_unavailable' ? sendOne() : void refusals.push(code);
    }
    accepted.push(response.headers.get('location')!.slice(HERALD.length - 1));
    if (accepted.length === STOP_AFTER) herald.child.kill(signal);
  };
  // Those that herald could not answer any more are not promised anything.
  await Promise.allSettled(Array.from({ length: NOTIFICATIONS }, sendOne));
  return { accepted, refusals };
}

async function codeOf(response: Response): Promise<string> {
  const problem = (await response.json()) as { code: string };
  return problem.code;
}

async function expectNoneLost(accepted: readonly string[]): Promise<void> {
  const found = await Promise.all(
    accepted.map((path) => scene.storefront.call(herald.url, { path, as: SENDER })),
  );
  expect(found.map(({ status }) => status)).toEqual(accepted.map(() => 200));
  const ids = accepted.map((path) => path.split('/')[2]!);
  while (!ids.every((id) => mailed.has(id))) await once(mails, 'mail');
}

describe('Herald, while 200 notifications are being accepted', () => {
  it(
    'loses none that it answered 201 when it is killed, and each mail arrives at least once',
    async () => {
      const { accepted } = await sendAndStop('SIGKILL');
      expect(await herald.stop('SIGKILL')).toBe('SIGKILL');
      expect(accepted.length).toBeGreaterThanOrEqual(STOP_AFTER);
      expect(accepted.length).toBeLessThan(NOTIFICATIONS);
      herald = await scene.start();
      await expectNoneLost(accepted);
    },
    TIMEOUT_MS,
  );

  it(
    'answers what it has begun when it is stopped, loses none, and ends with 0',
    async () => {
      const { accepted, refusals } = await sendAndStop('SIGTERM');
      expect(await herald.stop()).toBe(0);
      expect(refusals).toEqual([]);
      herald = await scene.start();
      await expectNoneLost(accepted);
    },
    TIMEOUT_MS,
  );
});
