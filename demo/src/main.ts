import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createKeyStore } from '@countersign/core';
import { signCall } from '@countersign/service-kit';
import colors from 'picocolors';
import { DecisionLog } from './decision.js';
import { startEverything, type Everything } from './everything.js';
import { accessToken, logIn } from './people.js';
import { printMail, printNotice, printScene } from './print.js';
import type { LogLine } from './service.js';
import { isAsExpected, play, type Stage } from './story.js';

const HELP = `npm run demo [-- --once]

Starts the identity provider, census, herald and the gateway, plays the story of a logged-in user who has
a welcome mail sent, and five refusals, and stays up until Ctrl+C.

  --once   stop after the story; exit with 0 if every scene ended as it should, else with 1
  --help   this text`;

const FOLDER = resolve('.data/demo');

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { once: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const stopping = new AbortController();
  // Not once: npm passes on what the terminal has sent already, and the second must not end us before the services.
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      stopping.abort();
    });
  }
  try {
    return await run(values.once === true, stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    // The story may be waiting for an answer that does not come any more.
    process.exit(1);
  }
}

async function run(isOnce: boolean, stopping: AbortSignal): Promise<number> {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  const log = new DecisionLog();
  console.log(colors.dim('starting the identity provider, census, herald and the gateway ...'));
  const onLine = (line: LogLine) => {
    printNotice(line);
    log.add(line);
  };
  const everything = await startEverything(FOLDER, onLine, stopping);
  try {
    const isGood = await Promise.race([setStage(everything, log).then(playAll), rejectAt(stopping)]);
    if (!isOnce) await stayUp(everything, stopping);
    return isGood ? 0 : 1;
  } finally {
    await everything.stop();
  }
}

async function rejectAt(stopping: AbortSignal): Promise<never> {
  if (!stopping.aborted) await once(stopping, 'abort');
  throw new Error('stopped before the end');
}

async function setStage({ urls, keysOf, wire }: Everything, log: DecisionLog): Promise<Stage> {
  const stolenKeys = await createKeyStore({ directory: keysOf('herald') });
  const { idp, ...services } = urls;
  const people = { 21: await logIn(urls.gateway, '21'), 42: await logIn(urls.gateway, '42') };
  console.log(colors.dim('users 21 and 42 logged in at the gateway'));
  return {
    urls: services,
    people,
    accessToken: await accessToken(idp, '21'),
    wire,
    thief: (call) => signCall(stolenKeys, { service: 'https://herald.service/', ...call }),
    log,
  };
}

async function playAll(stage: Stage): Promise<boolean> {
  let number = 0;
  let isGood = true;
  for await (const scene of play(stage)) {
    number += 1;
    printScene(scene, number);
    isGood &&= isAsExpected(scene);
    if (number === 1) {
      const mail = await stage.log.takeMail();
      printMail(mail);
      isGood &&= mail !== undefined;
    }
  }
  console.log(
    isGood ? colors.green('\nEvery scene ended as it should.') : colors.red('\nA scene went wrong.'),
  );
  return isGood;
}

async function stayUp({ urls }: Everything, stopping: AbortSignal): Promise<void> {
  console.log(`
Still running; Ctrl+C stops everything. Open ${colors.bold(urls.gateway)} and log in.
  gateway      ${urls.gateway}health
  census       ${urls.census}health   ${urls.census}.well-known/jwks.json
  herald       ${urls.herald}health   ${urls.herald}.well-known/jwks.json
  idp          ${urls.idp}/.well-known/openid-configuration`);
  if (!stopping.aborted) await once(stopping, 'abort');
}

process.exitCode = await main();
