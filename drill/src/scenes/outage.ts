import { DEFAULT_VERIFIER_CACHE_SECONDS } from '@countersign/core/rotation';
import { withCompany, startPair, type Pair } from '../company.js';
import { realTime } from '../drill-clock.js';
import { type Figure } from '../judge.js';
import { type Form, type Scene } from '../scene.js';
import { createForger } from '../traffic/forgery.js';
import { send, type Answer } from '../traffic/send.js';
import { othersThan } from '../traffic/traffic.js';

const COOLDOWN_SECONDS = 30;
const MAX_STALE_SECONDS = 86_400;
/** Half of the age, and up to a quarter more: see docs/keys.md. */
const LONGEST_BACK_OFF_SECONDS = (DEFAULT_VERIFIER_CACHE_SECONDS / 2) * 1.25;
/** The keys are fetched by the first request after they are due. */
const WATCH_SECONDS = 5;
/** How far the clock is moved between two requests then: the rest is for what they take themselves. */
const STEP_SECONDS = WATCH_SECONDS / 2;

/** How far the clock is moved between the requests of a long outage, and how many requests are sent then. */
const PACE: Readonly<Record<Form, { readonly stepSeconds: number; readonly requests: number }>> = {
  full: { stepSeconds: 300, requests: 20 },
  quick: { stepSeconds: 1800, requests: 6 },
};

export const outage: Scene = {
  name: 'outage',
  story:
    'The key set of a caller is not to be had: for six hours nobody listens, then it answers 500 for over a day.',
  play: ({ form, folder }) =>
    withCompany(async (company) => {
      const jwks = { cooldownSeconds: COOLDOWN_SECONDS, maxStaleSeconds: MAX_STALE_SECONDS };
      const clock = realTime();
      const pair = await startPair(company, {
        directory: folder,
        clock,
        jwks,
      });
      const { caller, origins } = pair;
      await caller.ask('send', { origins, count: 20 });

      await caller.ask('publish', 'down');
      const refused = await sendUntil(pair, pair.clock.now() + 6 * 3600, form);
      const unknown = await sendToken(pair, `Bearer ${createForger(pair.clock)()}`);
      await caller.ask('publish', 'well');
      const refreshedAfter = await secondsUntilFetch(pair);

      // The receiver takes the answer in a moment after it was sent: its set is that much younger.
      const tooOldAt = pair.clock.now() + MAX_STALE_SECONDS + 1;
      await caller.ask('publish', 'failing');
      const failing = await sendUntil(pair, tooOldAt - 2 * WATCH_SECONDS, form);
      await pair.advance(tooOldAt - pair.clock.now());
      const tooOld = await caller.ask('send', { origins, count: 20 });
      const last = await sendToken(pair, await caller.ask('token'));
      await caller.ask('publish', 'well');
      const recoveredAfter = await secondsUntil(pair, 1, 60, async () => {
        const { outcome } = await sendToken(pair, await caller.ask('token'));
        return outcome === '200';
      });
      return [
        { figure: 'requests by known keys while it is down or fails', measured: refused.sent + failing.sent },
        { figure: 'of these, failed', measured: refused.failed + failing.failed, wanted: { exactly: 0 } },
        {
          figure: 'unknown keys answered 503 while it is down',
          measured: is503(unknown),
          wanted: { exactly: 1 },
        },
        {
          figure: 'after its return, seconds until the keys were fetched',
          measured: refreshedAfter,
          wanted: { atMost: LONGEST_BACK_OFF_SECONDS + WATCH_SECONDS },
        },
        { figure: 'requests after maxStaleSeconds', measured: tooOld.sent },
        {
          figure: 'of these, not answered 503 with Retry-After',
          measured: othersThan(tooOld, UNAVAILABLE),
          wanted: { exactly: 0 },
        },
        {
          figure: 'after its return, seconds until a request was let in',
          measured: recoveredAfter,
          wanted: { atMost: last.retryAfterSeconds ?? Number.NaN },
        },
      ] satisfies readonly Figure[];
    }),
};

const UNAVAILABLE = '503 keys_unavailable Retry-After';

function is503({ outcome }: Answer): number {
  return outcome === UNAVAILABLE ? 1 : 0;
}

/** Sends requests at even intervals of the clock, and at its end too. */
async function sendUntil(
  { caller, origins, clock, ...pair }: Pair,
  end: number,
  form: Form,
): Promise<{ readonly sent: number; readonly failed: number }> {
  const { stepSeconds, requests } = PACE[form];
  let sent = 0;
  let failed = 0;
  while (clock.now() < end) {
    await pair.advance(Math.min(stepSeconds, end - clock.now()));
    const report = await caller.ask('send', { origins, count: requests });
    sent += report.sent;
    failed += othersThan(report, '200', '201');
  }
  return { sent, failed };
}

/** How long it takes, on the clock, until something holds; `NaN` when it never does. */
async function secondsUntil(
  pair: Pair,
  stepSeconds: number,
  atMostSeconds: number,
  holds: () => Promise<boolean>,
): Promise<number> {
  for (let seconds = 0; seconds <= atMostSeconds; seconds += stepSeconds) {
    if (await holds()) return seconds;
    await pair.advance(stepSeconds);
  }
  return Number.NaN;
}

/** How long it takes from now, on the clock, until requests make the receiver fetch the keys; `NaN` when they never do. */
async function secondsUntilFetch(pair: Pair): Promise<number> {
  const { caller, clock, origins, receivers } = pair;
  const since = clock.now();
  let began = 0;
  await secondsUntil(pair, STEP_SECONDS, 2 * LONGEST_BACK_OFF_SECONDS, async () => {
    await caller.ask('send', { origins, count: 2 });
    // The fetch is in the background, and may end some steps later: what counts is when it began.
    began = Math.max(...(await Promise.all(receivers.map((receiver) => receiver.ask('keysAskedForAt')))));
    return began > since;
  });
  return began > since ? Math.round((began - since) * 10) / 10 : Number.NaN;
}

function sendToken({ origins: [origin = ''] }: Pair, authorization: string): Promise<Answer> {
  return send({ url: new URL('/user', origin), method: 'GET', headers: { authorization } });
}
