import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createKeyStore } from '@countersign/core';
import colors from 'picocolors';
import { DecisionLog } from './decision.js';
import { startEverything, type Everything } from './everything.js';
import { accessToken, logIn } from './people.js';
import { printMail, printNotice, printScene } from './print.js';
import { signCall, type Call } from './sign-call.js';
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
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  const log = new DecisionLog();
  console.log(colors.dim('starting the identity provider, census, herald and the gateway ...'));
  const everything = await startEverything(FOLDER, (line) => {
    printNotice(line);
    log.add(line);
  });
  try {
    const isGood = await playAll(await setStage(everything, log));
    if (values.once !== true) await stayUp(everything);
    return isGood ? 0 : 1;
  } finally {
    await everything.stop();
  }
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
    thief: (call: Call) => signCall('https://herald.service/', stolenKeys, call),
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

async function stayUp({ urls }: Everything): Promise<void> {
  console.log(`
Still running; Ctrl+C stops everything. Open ${colors.bold(urls.gateway)} and log in.
  gateway      ${urls.gateway}health
  census       ${urls.census}health   ${urls.census}.well-known/jwks.json
  herald       ${urls.herald}health   ${urls.herald}.well-known/jwks.json
  idp          ${urls.idp}/.well-known/openid-configuration`);
  await new Promise<void>((stop) => {
    process.once('SIGINT', () => {
      stop();
    });
    process.once('SIGTERM', () => {
      stop();
    });
  });
}

process.exitCode = await main();
