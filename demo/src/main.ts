import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createKeyStore } from '@countersign/core';
import colors from 'picocolors';
import { DecisionLog } from './decision.js';
import { freePorts } from './ports.js';
import { printMail, printScene } from './print.js';
import { startService, type RunningService } from './service.js';
import { signCall, type Call } from './sign-call.js';
import { startStorefront } from './storefront.js';
import { isAsExpected, play } from './story.js';

const HELP = `npm run demo [-- --once]

Starts census, herald and a calling service, plays the story of a user who gets a welcome mail
and five refusals, and stays up until Ctrl+C.

  --once   stop after the story; exit with 0 if every scene ended as it should, else with 1
  --help   this text`;

const FOLDER = resolve('.data/demo');
const require = createRequire(import.meta.url);

type Ports = Readonly<Record<'census' | 'herald' | 'storefront', number>>;

const USUAL_PORTS: Ports = { census: 4001, herald: 4002, storefront: 4010 };

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { once: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  const ports = await choosePorts();
  const log = new DecisionLog();
  const running: { stop(): Promise<void> }[] = [];
  try {
    console.log(colors.dim('starting census, herald and the storefront ...'));
    const storefront = await startStorefront(ports.storefront, join(FOLDER, 'storefront-keys'));
    running.push(storefront);
    const services = await Promise.all([start('census', ports, log), start('herald', ports, log)]);
    running.push(...services);
    const urls = { census: urlOf(ports.census), herald: urlOf(ports.herald) };
    const stolenKeys = await createKeyStore({ directory: join(FOLDER, 'herald/keys') });
    const signers = {
      storefront: (call: Call) => storefront.countersign(call),
      thief: (call: Call) => signCall('https://herald.service/', stolenKeys, call),
    };
    const isGood = await playAll({ signers, urls, log });
    if (values.once !== true) await stayUp(ports);
    return isGood ? 0 : 1;
  } finally {
    await Promise.all(running.map((service) => service.stop()));
  }
}

async function playAll(stage: Parameters<typeof play>[0]): Promise<boolean> {
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

/** Starts a service on its own files, with the ports of this run in place of the usual ones. */
async function start(name: 'census' | 'herald', ports: Ports, log: DecisionLog): Promise<RunningService> {
  const environment: Record<string, string> = { PORT: String(ports[name]), DATA_DIR: join(FOLDER, name) };
  environment['TRUST_FILE'] = await withPorts(name, 'trust.json', ports);
  if (name === 'herald') environment['DESTINATIONS_FILE'] = await withPorts(name, 'destinations.json', ports);
  return startService({
    name,
    environment,
    onLine: (line) => {
      log.add(line);
    },
  });
}

async function withPorts(name: string, file: string, ports: Ports): Promise<string> {
  const text = await readFile(require.resolve(`@countersign/${name}/${file}`), 'utf8');
  const path = join(FOLDER, `${name}-${file}`);
  const actual = new Map([
    [USUAL_PORTS.census, ports.census],
    [USUAL_PORTS.herald, ports.herald],
    [USUAL_PORTS.storefront, ports.storefront],
  ]);
  const moved = text.replaceAll(/(?<=127\.0\.0\.1:)\d+/g, (port) => String(actual.get(Number(port)) ?? port));
  await writeFile(path, moved);
  return path;
}

async function choosePorts(): Promise<Ports> {
  const { census, herald, storefront } = USUAL_PORTS;
  const [forCensus = 0, forHerald = 0, forStorefront = 0] = await freePorts(census, herald, storefront);
  return { census: forCensus, herald: forHerald, storefront: forStorefront };
}

async function stayUp(ports: Ports): Promise<void> {
  console.log(`
Still running; Ctrl+C stops everything.
  census       ${urlOf(ports.census)}health   ${urlOf(ports.census)}.well-known/jwks.json
  herald       ${urlOf(ports.herald)}health   ${urlOf(ports.herald)}.well-known/jwks.json`);
  await new Promise<void>((stop) => {
    process.once('SIGINT', () => {
      stop();
    });
    process.once('SIGTERM', () => {
      stop();
    });
  });
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${String(port)}/`;
}

process.exitCode = await main();
