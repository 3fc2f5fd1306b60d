import { setTimeout as wait } from 'node:timers/promises';
import { startPair, withCompany } from '../company.js';
import { realTime } from '../drill-clock.js';
import { type Figure } from '../judge.js';
import { type Forger } from '../programs/forger.js';
import { type Form, type Scene } from '../scene.js';
import { othersThan } from '../traffic/traffic.js';
import { slowdown } from './slowdown.js';

interface Size {
  readonly warmUpSeconds: number;
  readonly quietSeconds: number;
  readonly forgeries: number;
  /** Sent at even intervals in so many seconds, while nothing is late. */
  readonly paceSeconds: number;
  /** All must be answered by then. */
  readonly atMostSeconds: number;
}

const SIZE: Readonly<Record<Form, Size>> = {
  full: { warmUpSeconds: 5, quietSeconds: 30, forgeries: 100_000, paceSeconds: 29, atMostSeconds: 30 },
  // A check of every change runs on machines that do other things too.
  quick: { warmUpSeconds: 1, quietSeconds: 2, forgeries: 5000, paceSeconds: 3, atMostSeconds: 10 },
};

const GOOD_PER_SECOND = 200;

export const garbage: Scene = {
  name: 'unknown keys',
  story:
    'Somebody sends well-formed tokens, each by a key that nobody has heard of, while good requests come in.',
  play: ({ form, folder }) =>
    withCompany(async (company) => {
      const { warmUpSeconds, quietSeconds, forgeries, paceSeconds, atMostSeconds } = SIZE[form];
      const { caller, receivers, origins } = await startPair(company, {
        directory: folder,
        clock: realTime(),
      });
      const forger = await company.start<Forger>('forger', {});
      const [origin = ''] = origins;
      const measure = async () => {
        const fetches = await caller.ask('keyRequests');
        const processorMs = await Promise.all(receivers.map((receiver) => receiver.ask('processorMs')));
        return { fetches, processorMs: processorMs.reduce((sum, ms) => sum + ms, 0) };
      };
      const ratePerSecond = forgeries / paceSeconds;
      const flood = (count: number) => forger.ask('flood', { origin, ratePerSecond, count });
      const begin = () => caller.ask('begin', { origins, ratePerSecond: GOOD_PER_SECOND });

      await begin();
      await flood(warmUpSeconds * ratePerSecond);
      await caller.ask('end');
      await begin();
      await wait(quietSeconds * 1000);
      const quiet = await caller.ask('end');
      const before = await measure();
      await begin();
      const forged = await flood(forgeries);
      const during = await caller.ask('end');
      const after = await measure();
      return [
        { figure: 'tokens by unknown keys', measured: forged.sent, wanted: { atLeast: forgeries } },
        {
          figure: 'sent and answered within (s)',
          measured: round(forged.seconds),
          wanted: { atMost: atMostSeconds },
        },
        {
          figure: 'of these, not answered 401 key_unknown',
          measured: othersThan(forged, '401 key_unknown'),
          wanted: { exactly: 0 },
        },
        { figure: 'fetches of the key set', measured: after.fetches - before.fetches, wanted: { atMost: 2 } },
        { figure: 'good requests', measured: quiet.sent + during.sent },
        {
          figure: 'of these, failed',
          measured: othersThan(quiet, '200', '201') + othersThan(during, '200', '201'),
          wanted: { exactly: 0 },
        },
        ...slowdown(quiet, during, form),
        {
          figure: 'processor time of the receiver (%)',
          measured: Math.round((after.processorMs - before.processorMs) / during.seconds / 10),
        },
      ] satisfies readonly Figure[];
    }),
};

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
