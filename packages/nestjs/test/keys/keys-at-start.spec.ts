import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Controller, Get, type LoggerService } from '@nestjs/common';
import { createFixedClock, createKeyStore, type KeyStore, type Verifier } from '@countersign/core';
import {
  Authenticated,
  AuthorizedFetch,
  Public,
  VERIFIER,
  type CountersignOptions,
  type TrustRecord,
} from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import {
  ADAPTERS,
  censusOptions,
  SERVICE,
  startError,
  type Application,
  type ApplicationParts,
} from '../support/application.js';
import { GuardedController } from '../support/controllers/guarded.controller.js';
import { useStart } from '../support/hooks/use-start.js';
import { bearer, send } from '../support/http.js';
import { startKeySets, type KeySets } from '../support/key-sets.js';

const adapter = ADAPTERS[0]!.adapter;

describe("at the start of an application, other services' keys", () => {
  let herald: TestIssuer;
  let keySets: KeySets;
  let log: string[];
  const startApplication = useStart();

  beforeEach(async () => {
    log = [];
    herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
    keySets = await startKeySets(herald.keyStore.publicKeys());
  });
  afterEach(async () => {
    await Promise.all([herald.close(), keySets.close()]);
  });

  const record = (): TrustRecord => ({
    name: 'herald',
    issuer: herald.issuer,
    keys: { jwksUri: keySets.uri('herald') },
  });
  /** Trusts herald, whose metadata is at the address of its issuer and names another one. */
  const misled = (): TrustRecord => ({
    name: 'login',
    issuer: keySets.uri('login'),
    keys: { discovery: true },
  });

  const start = (options: Partial<CountersignOptions> = {}): Promise<Application> =>
    startApplication({
      adapter,
      options: { ...censusOptions(herald, herald.keyStore), trust: [record()], ...options },
      controllers: [GuardedController],
      prepare: (nest) => nest.useLogger(recorder()),
    });

  function recorder(): LoggerService {
    const write =
      (level: string) =>
      (message: unknown, ...context: readonly unknown[]) => {
        if (context.at(-1) === 'Countersign') log.push(`${level}: ${String(message)}`);
      };
    return { log: write('log'), warn: write('warn'), error: write('error') };
  }

  const statusOf = (application: Application) =>
    application.nest
      .get<Verifier>(VERIFIER)
      .keyStatus()
      .map(({ state }) => state);
  async function call({ origin }: Application): Promise<number> {
    const token = await herald.token({ audience: SERVICE });
    return (await send(origin, { path: '/guarded', headers: [bearer(token)] })).status;
  }
  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  }

  it('are fetched in the background: the first request need not wait for them', async () => {
    const census = await start();
    await until(() => statusOf(census)[0] === 'fresh');
    expect(keySets.requests()).toBe(1);
    expect(await call(census)).toBe(200);
    expect(keySets.requests()).toBe(1);
  });

  it('keep nobody waiting when the issuer hangs: the application starts, and answers for the others', async () => {
    keySets.hang('slow');
    const slow = { name: 'slow', issuer: 'https://slow.service/', keys: { jwksUri: keySets.uri('slow') } };
    const census = await start({ trust: [record(), slow], jwks: { timeoutMs: 60_000 } });
    expect(await call(census)).toBe(200);
    expect(statusOf(census)).toEqual(['fresh', 'none']);
  });

  it('that could not be had are asked for at once by the first request, without a back-off', async () => {
    keySets.fail('herald');
    const census = await start({ clock: createFixedClock(Date.now() / 1000) });
    await until(() => log.includes(`warn: key set of ${herald.issuer} is unavailable: answered 500`));
    keySets.mend('herald');
    expect(await call(census)).toBe(200);
  });

  it('are asked for only when they are needed, if that is wished', async () => {
    const census = await start({ hydrate: false });
    expect(statusOf(census)).toEqual(['none']);
    expect(keySets.requests()).toBe(0);
    expect(await call(census)).toBe(200);
  });

  it('can be waited for', async () => {
    const census = await start({ hydrate: {} });
    expect(statusOf(census)).toEqual(['fresh']);
    expect(log).toEqual([]);
  });

  it('are waited for no longer than is said, and the log says which are missing', async () => {
    keySets.hang('herald');
    const census = await start({ hydrate: { timeoutMs: 50 } });
    expect(statusOf(census)).toEqual(['none']);
    expect(log).toEqual(['warn: starts without the keys of herald; they are fetched when they are needed']);
  });

  it('of metadata that names another issuer keep an application that waits from starting', async () => {
    keySets.describe('login', 'https://attacker.test');
    const error = await startError(() =>
      start({ trust: [record(), misled()], hydrate: { timeoutMs: 5000 } }),
    );
    expect(error).toMatchObject({ name: 'TypeError', code: 'config_invalid' });
    expect(error.message).toMatch(/^trust\[1\]\.keys\.discovery leads to metadata that names another issuer/);
  });

  it('of metadata that names another issuer are an error in the log of one that does not wait', async () => {
    keySets.describe('login', 'https://attacker.test');
    const census = await start({ trust: [record(), misled()] });
    await until(() => log.some((line) => line.startsWith('error')));
    expect(log.at(-1)).toMatch(
      /^error: trust\[1\]\.keys\.discovery leads to metadata that names another issuer/,
    );
    expect(await call(census)).toBe(200);
  });
});

@Controller()
class PeerController {
  constructor(private readonly authorized: AuthorizedFetch) {}

  @Get('guarded')
  @Authenticated()
  guarded() {
    return {};
  }

  @Get('call')
  @Public()
  async call() {
    const { status } = await this.authorized.fetch(new URL('/guarded', peers.get(this)));
    return { status };
  }
}
const peers = new WeakMap<object, URL>();

describe('two services that trust each other', () => {
  const startApplication = useStart();

  it.each(['background', { timeoutMs: 5000 }, false] as const)(
    'start at the same time with hydrate %j, and the first call of each succeeds',
    async (hydrate) => {
      const ports = await freePorts();
      const origins = ports.map((port) => `http://127.0.0.1:${String(port)}/`);
      const stores = [await newKeyStore(), await newKeyStore()];
      const applications = await Promise.all(
        origins.map((own, index) => {
          const other = origins[1 - index] ?? '';
          const parts: ApplicationParts = {
            adapter,
            port: ports[index]!,
            options: {
              service: own,
              keys: stores[index]!,
              trust: [{ name: 'peer', issuer: other, keys: { jwksUri: `${other}.well-known/jwks.json` } }],
              destinations: [{ name: 'peer', url: other, onBehalfOf: 'service', authorize: 'mint' }],
              hydrate,
            },
            controllers: [PeerController],
            prepare: (nest) => void peers.set(nest.get(PeerController), new URL(other)),
          };
          return whenPortIsFree(() => startApplication(parts));
        }),
      );
      const answers = await Promise.all(applications.map(({ origin }) => send(origin, { path: '/call' })));
      expect(answers.map(({ json }) => json)).toEqual([{ status: 200 }, { status: 200 }]);
    },
  );
});

function newKeyStore(): Promise<KeyStore> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return createKeyStore({ privateKeys: [privateKey.export({ format: 'jwk' })] });
}

/** A port that was free a moment ago may be somebody's for another moment, such as the near end of a connection. */
async function whenPortIsFree(start: () => Promise<Application>): Promise<Application> {
  const latest = performance.now() + 10_000;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' || performance.now() > latest) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Two ports on which nobody listened a moment ago. */
async function freePorts(): Promise<readonly number[]> {
  const servers = [createServer(), createServer()];
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
