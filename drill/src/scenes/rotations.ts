import { setTimeout as wait } from 'node:timers/promises';
import { activationSafeAt, openKeyDirectory, type KeyDirectory } from '@countersign/core/rotation';
import { startPair, withCompany } from '../company.js';
import { type DrillClock } from '../drill-clock.js';
import { type Figure } from '../judge.js';
import { type Form, type Scene } from '../scene.js';
import { othersThan } from '../traffic/traffic.js';

interface Size {
  readonly rotations: number;
  /** How many seconds of the clock of all processes one real second takes. */
  readonly speed: number;
  readonly requests: number;
}

/** With the usual overlap a key waits 330 seconds until it signs, and 630 more until the one before it may go. */
const SIZE: Readonly<Record<Form, Size>> = {
  full: { rotations: 5, speed: 20, requests: 20_000 },
  quick: { rotations: 1, speed: 40, requests: 4000 },
};

const PER_SECOND = 200;
/** In real time. At twenty times the speed it is ten seconds of the clock: far below the slack that every wait has. */
const REREAD_SECONDS = 0.25;
const LOOK_MS = 50;

export const rotations: Scene = {
  name: 'rotations',
  story:
    'A service rotates its keys, each step as early as is safe, while it calls another one 200 times a second.',
  play: ({ form, folder: directory }) =>
    withCompany(async (company) => {
      const { rotations: wanted, speed, requests } = SIZE[form];
      const clock = { since: Date.now() / 1000, speed };
      const pair = await startPair(company, { directory, clock, rereadSeconds: REREAD_SECONDS });
      const { caller, origins } = pair;
      await caller.ask('begin', { origins, ratePerSecond: PER_SECOND });
      const steps = await rotate(openKeyDirectory({ directory, clock: pair.clock }), pair.clock, wanted);
      const report = await caller.ask('end');
      return [
        { figure: 'full rotations', measured: steps.retired, wanted: { exactly: wanted } },
        {
          figure: 'keys that signed',
          measured: await caller.ask('keysUsed'),
          wanted: { exactly: wanted + 1 },
        },
        { figure: 'requests', measured: report.sent, wanted: { atLeast: requests } },
        { figure: 'requests a second', measured: Math.round(report.sent / report.seconds) },
        { figure: 'failed requests', measured: othersThan(report, '200', '201'), wanted: { exactly: 0 } },
        { figure: 'fetches of the key set', measured: await caller.ask('keyRequests') },
        { figure: 'the longest answer (ms)', measured: Math.round(report.longestMs) },
      ] satisfies readonly Figure[];
    }),
};

/** Takes each step of so many rotations as soon as the directory lets it; the next one begins before the last has ended. */
async function rotate(
  keys: KeyDirectory,
  clock: DrillClock,
  wanted: number,
): Promise<{ readonly retired: number }> {
  let prepared = 0;
  let retired = 0;
  while (retired < wanted) {
    const { keys: records, next, overlap } = await keys.read();
    const pending = records.find(({ state }) => state === 'pending');
    if (pending === undefined && prepared < wanted) {
      await keys.prepare();
      prepared++;
    } else if (pending !== undefined && clock.now() >= activationSafeAt(pending, overlap)) {
      await keys.activate();
    } else if (next.action === 'retire' && clock.now() >= next.notBefore) {
      retired += (await keys.retire()).changed.length;
    } else {
      await wait(LOOK_MS);
    }
  }
  return { retired };
}
