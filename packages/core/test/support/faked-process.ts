import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transpileCore } from './transpiled-core.js';

/** Whose fakes a process installs: all that sinon has, those that Vitest asks sinon for, or those of `node:test`. */
export type Faker = 'sinon' | 'vitest' | 'node:test';

/** Whether the fakes are there before core is loaded, or are installed once calls are under way. */
export type Moment = 'before' | 'during';

const PROGRAM = `
import { generateKeyPairSync } from 'node:crypto';
import { writeSync } from 'node:fs';
import { mock } from 'node:test';
import FakeTimers from '@sinonjs/fake-timers';

const TO_FAKE_BY_VITEST = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate',
  'clearImmediate', 'Date', 'performance'];
const fakers = {
  sinon: () => { const clock = FakeTimers.install({ now: Date.now() }); return () => clock.uninstall(); },
  vitest: () => {
    const clock = FakeTimers.install({ now: Date.now(), toFake: TO_FAKE_BY_VITEST, loopLimit: 10_000 });
    return () => clock.uninstall();
  },
  'node:test': () => { mock.timers.enable({ now: Date.now(), apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] }); return () => mock.timers.reset(); },
};
const [faker, moment] = process.argv.slice(2);
const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

let uninstall = moment === 'before' ? fakers[faker]() : undefined;
const { createAuthorizer, createKeyStore, createVerifier, emptyBody, systemClock } = await import('./index.js');
const keyStore = await createKeyStore({ privateKeys: [jwk] });
const [herald, census] = ['https://herald.service/', 'https://census.service/'];
const destination = { name: 'census', url: census, onBehalfOf: 'service', authorize: 'mint' };
const authorizer = createAuthorizer({ service: herald, destinations: [destination], keyStore });
const trust = [{ name: 'herald', issuer: herald, keys: { jwks: keyStore.publicKeys() } }];
const verifier = createVerifier({ service: census, trust });

async function call() {
  const sent = { method: 'POST', url: new URL('/user/', census), body: undefined };
  const { headers } = await authorizer.authorize(sent, undefined);
  const rawHeaders = headers.flatMap(({ name, value }) => [name, value]);
  const request = { method: 'POST', url: '/user/', rawHeaders, body: emptyBody({ hashMd5: false }).hashes };
  const authentication = await verifier.authenticate(request);
  await verifier.useOnce(authentication);
}

async function calls(when) {
  await Promise.all(Array.from({ length: 30 }, call));
  writeSync(1, when + '\\n');
}

const pending = calls('begun before');
const monotonic = systemClock.monotonic();
uninstall ??= fakers[faker]();
await pending;
await calls('while faked');
if (systemClock.monotonic() < monotonic) writeSync(1, 'went back\\n');
const last = calls('begun while faked');
uninstall();
await last;
await calls('afterwards');
`;

/** Runs core in processes of their own, whose timers are faked for some of the time. */
export interface FakedProcess {
  /** @returns a line for each batch of calls that was answered; the process ends early when one never is. */
  run(faker: Faker, moment: Moment): Promise<readonly string[]>;
}

/** @param directory where the program is written. */
export async function createFakedProcess(directory: string): Promise<FakedProcess> {
  await transpileCore(directory);
  const program = join(directory, 'program.mjs');
  await writeFile(program, PROGRAM);
  return {
    async run(faker, moment) {
      const child = spawn(process.execPath, [program, faker, moment], {
        env: { ...process.env, NODE_OPTIONS: '' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      await once(child, 'close');
      return stdout.trim().split('\n');
    },
  };
}
