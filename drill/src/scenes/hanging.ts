import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { withCompany } from '../company.js';
import { realTime } from '../drill-clock.js';
import { type Figure } from '../judge.js';
import { CALLER, trusted } from '../parties.js';
import { type Caller, type CallerSettings } from '../programs/caller.js';
import { type Receiver, type ReceiverSettings } from '../programs/receiver.js';
import { type Form, type Scene } from '../scene.js';
import { othersThan } from '../traffic/traffic.js';
import { slowdown } from './slowdown.js';

interface Size {
  readonly quietSeconds: number;
  readonly seconds: number;
  readonly timeoutMs: number;
  /** What a timer, two processes and a connection may add to it. */
  readonly graceMs: number;
}

const SIZE: Readonly<Record<Form, Size>> = {
  full: { quietSeconds: 15, seconds: 15, timeoutMs: 5000, graceMs: 500 },
  quick: { quietSeconds: 2, seconds: 4, timeoutMs: 1000, graceMs: 4000 },
};

const HANGING = 'https://gateway.service/';
const GOOD_PER_SECOND = 200;
const HANGING_PER_SECOND = 20;

export const hanging: Scene = {
  name: 'hanging issuer',
  story:
    'The key set of one caller accepts connections and never answers; another caller makes its usual calls.',
  play: ({ form, folder }) =>
    withCompany(async (company) => {
      const { quietSeconds, seconds, timeoutMs, graceMs } = SIZE[form];
      const clock = realTime();
      const startCaller = async (service: string, directory: string) => {
        const settings: CallerSettings = {
          service,
          directory: join(folder, directory),
          clock,
        };
        const caller = await company.start<Caller>('caller', settings);
        return { caller, record: trusted(service, await caller.ask('jwksUri')) };
      };
      const good = await startCaller(CALLER, 'good');
      const hung = await startCaller(HANGING, 'hanging');
      await hung.caller.ask('publish', 'hanging');
      const settings: ReceiverSettings = { trust: [good.record, hung.record], clock, jwks: { timeoutMs } };
      const receiver = await company.start<Receiver>('receiver', settings);
      const origins = [await receiver.ask('origin')];

      const goodFor = async (forSeconds: number) => {
        await good.caller.ask('begin', { origins, ratePerSecond: GOOD_PER_SECOND });
        await wait(forSeconds * 1000);
        return good.caller.ask('end');
      };
      await goodFor(2);
      const quiet = await goodFor(quietSeconds);
      await hung.caller.ask('begin', { origins, ratePerSecond: HANGING_PER_SECOND });
      const during = await goodFor(seconds);
      const waiting = await hung.caller.ask('end');
      return [
        { figure: "requests by the hanging issuer's keys", measured: waiting.sent },
        {
          figure: 'of these, not answered 503 with Retry-After',
          measured: othersThan(waiting, '503 keys_unavailable Retry-After'),
          wanted: { exactly: 0 },
        },
        {
          figure: 'the longest wait of these (ms)',
          measured: Math.round(waiting.longestMs),
          wanted: { atMost: timeoutMs + graceMs },
        },
        { figure: 'good requests', measured: quiet.sent + during.sent },
        {
          figure: 'of these, failed',
          measured: othersThan(quiet, '200', '201') + othersThan(during, '200', '201'),
          wanted: { exactly: 0 },
        },
        ...slowdown(quiet, during, form),
      ] satisfies readonly Figure[];
    }),
};
