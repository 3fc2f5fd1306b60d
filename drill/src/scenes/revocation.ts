import { setTimeout as wait } from 'node:timers/promises';
import { DEFAULT_VERIFIER_CACHE_SECONDS, openKeyDirectory } from '@countersign/core/rotation';
import { startPair, withCompany, type Pair } from '../company.js';
import { realTime } from '../drill-clock.js';
import { type Figure } from '../judge.js';
import { type Scene } from '../scene.js';
import { send } from '../traffic/send.js';
import { othersThan } from '../traffic/traffic.js';

const REPLICAS = 3;
const REREAD_SECONDS = 0.25;
const STEP_SECONDS = 5;

export const revocation: Scene = {
  name: 'revocation',
  story:
    'A key is in the wrong hands and is revoked; whoever has it goes on sending a token that was accepted before.',
  play: ({ folder: directory }) =>
    withCompany(async (company) => {
      const pair = await startPair(company, {
        directory,
        clock: realTime(),
        rereadSeconds: REREAD_SECONDS,
        replicas: REPLICAS,
      });
      const { caller, origins, clock } = pair;
      const stolen = await caller.ask('token');
      const before = await outcomes(pair, stolen);
      const keys = openKeyDirectory({ directory, clock });
      const keyId = (await keys.read()).keys.find(({ state }) => state === 'active')?.keyId ?? '';
      await keys.revoke({ keyId });
      const revokedAt = clock.now();
      while ((await caller.ask('published')).includes(keyId)) await wait(10);

      // Nobody sends a token by the new key, which would have the replicas fetch the keys at once.
      const refusedAfter = await secondsUntilRefused(pair, stolen, revokedAt);
      const after = await caller.ask('send', { origins, count: 4 * REPLICAS });
      const again = await outcomes(pair, stolen);
      return [
        { figure: 'replicas that accepted the token before', measured: count(before, '200'), wanted: all },
        {
          figure: 'the last replica refuses it after (s)',
          measured: Math.round(refusedAfter),
          wanted: { atMost: DEFAULT_VERIFIER_CACHE_SECONDS },
        },
        {
          figure: 'replicas that refuse it as key_unknown',
          measured: count(again, '401 key_unknown'),
          wanted: all,
        },
        { figure: 'requests by the new key', measured: after.sent },
        { figure: 'of these, failed', measured: othersThan(after, '200', '201'), wanted: { exactly: 0 } },
      ] satisfies readonly Figure[];
    }),
};

const all = { exactly: REPLICAS };

/** When no replica accepts the token any more, in seconds of the clock; `NaN` when some still does as it expires. */
async function secondsUntilRefused(pair: Pair, authorization: string, since: number): Promise<number> {
  while (pair.clock.now() - since <= DEFAULT_VERIFIER_CACHE_SECONDS) {
    await pair.advance(STEP_SECONDS);
    const answers = await outcomes(pair, authorization);
    if (count(answers, '401 key_unknown') === REPLICAS) return pair.clock.now() - since;
  }
  return Number.NaN;
}

/** What each replica says to a token. */
async function outcomes({ origins }: Pair, authorization: string): Promise<readonly string[]> {
  const answers = await Promise.all(
    origins.map((origin) =>
      send({ url: new URL('/user', origin), method: 'GET', headers: { authorization } }),
    ),
  );
  return answers.map(({ outcome }) => outcome);
}

function count(answers: readonly string[], wanted: string): number {
  return answers.filter((answer) => answer === wanted).length;
}
