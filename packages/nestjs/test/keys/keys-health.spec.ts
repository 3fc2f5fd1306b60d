import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get } from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { createFixedClock, type FixedClock, type OpenKeyStore } from '@countersign/core';
import {
  KEY_STORE,
  KeysHealth,
  Public,
  type CountersignOptions,
  type TrustRecord,
} from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE, type Application } from '../support/application.js';
import { GuardedController } from '../support/controllers/guarded.controller.js';
import { useStart } from '../support/hooks/use-start.js';
import { bearer, send } from '../support/http.js';
import { startKeySets, type KeySets } from '../support/key-sets.js';

@Controller('health')
@Public()
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly keysHealth: KeysHealth,
  ) {}

  @Get()
  ready() {
    return this.health.check([() => this.keysHealth.check('keys')]);
  }

  @Get('strict')
  strict() {
    return this.health.check([() => this.keysHealth.check('keys', { downWithoutKeys: true })]);
  }
}

describe.each(ADAPTERS)('the health of the keys at an endpoint of terminus over $name', ({ adapter }) => {
  let herald: TestIssuer;
  let keySets: KeySets;
  let clock: FixedClock;
  let application: Application;
  const startApplication = useStart();

  beforeEach(async () => {
    clock = createFixedClock();
    herald = await TestIssuer.start({ issuer: 'https://herald.service/', clock });
    keySets = await startKeySets(herald.keyStore.publicKeys());
  });
  afterEach(async () => {
    await Promise.all([herald.close(), keySets.close()]);
  });

  const record = (name: string): TrustRecord => ({
    name,
    issuer: `https://${name}.service/`,
    keys: { jwksUri: keySets.uri(name) },
  });

  async function start(names: readonly string[], options: Partial<CountersignOptions> = {}): Promise<void> {
    application = await startApplication({
      adapter,
      options: {
        ...censusOptions(herald, herald.keyStore),
        trust: names.map(record),
        clock,
        hydrate: { timeoutMs: 5000 },
        ...options,
      },
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController, GuardedController],
    });
  }

  async function health(path = '/health') {
    const { status, json } = await send(application.origin, { path });
    const { details } = json as { readonly details?: { readonly keys?: unknown } };
    return { status, keys: details?.keys };
  }

  const ownKeys = { state: 'fresh', problems: 0 };
  const fresh = { state: 'fresh', keys: 1, ageSeconds: 0 };
  const missing = { state: 'none', keys: 0, lastFailure: 'unusable_answer' };

  it('is up before any keys were needed', async () => {
    await start(['herald', 'gateway'], { hydrate: false });
    const unneeded = { state: 'none', keys: 0 };
    expect(await health()).toEqual({
      status: 200,
      keys: { status: 'up', degraded: false, ownKeys, issuers: { herald: unneeded, gateway: unneeded } },
    });
    expect(keySets.requests()).toBe(0);
  });

  it('is up, whatever is asked of it, where all tokens are opaque: their issuer has no keys', async () => {
    const introspection = {
      endpoint: 'https://idp.example/introspect',
      clientId: 'census',
      clientAuthentication: 'private_key_jwt',
    } as const;
    await start([], { trust: [{ name: 'idp', issuer: 'https://idp.example/', introspection }] });
    const keys = { status: 'up', degraded: false, ownKeys, issuers: {} };
    expect(await health('/health/strict')).toEqual({ status: 200, keys });
  });

  it('is up with fresh keys, and says how old they are', async () => {
    await start(['herald']);
    clock.advance(100.9);
    expect(await health()).toEqual({
      status: 200,
      keys: { status: 'up', degraded: false, ownKeys, issuers: { herald: { ...fresh, ageSeconds: 100 } } },
    });
    expect(keySets.requests()).toBe(1);
  });

  it('is up and degraded while the issuer is down and its last good keys serve', async () => {
    await start(['herald', 'gateway']);
    keySets.fail('herald');
    clock.advance(550);
    expect(await statusOfCall()).toBe(200);
    while (keySets.requests() < 3) await new Promise((resolve) => setImmediate(resolve));
    expect(await statusOfCall()).toBe(200);
    expect(await degradedHealth()).toEqual({
      status: 200,
      keys: {
        status: 'up',
        degraded: true,
        ownKeys,
        issuers: {
          herald: { state: 'old', keys: 1, ageSeconds: 550, lastFailure: 'unusable_answer' },
          gateway: expect.objectContaining({ state: 'fresh' }),
        },
      },
    });
  });

  it('is up and degraded when the keys of one issuer never came: the others are not its business', async () => {
    keySets.fail('gateway');
    await start(['herald', 'gateway']);
    const keys = { status: 'up', degraded: true, ownKeys, issuers: { herald: fresh, gateway: missing } };
    expect(await health()).toEqual({ status: 200, keys });
    expect(await health('/health/strict')).toEqual({ status: 200, keys });
  });

  it('is up and degraded when no keys at all can be had, and down where that is asked for', async () => {
    keySets.fail('herald');
    keySets.fail('gateway');
    await start(['herald', 'gateway']);
    const issuers = { herald: missing, gateway: missing };
    expect(await health()).toEqual({ status: 200, keys: { status: 'up', degraded: true, ownKeys, issuers } });
    expect(await health('/health/strict')).toEqual({
      status: 503,
      keys: { status: 'down', degraded: true, ownKeys, issuers },
    });
  });

  it('recovers without a request: each check asks for what is missing, once a second at most', async () => {
    keySets.fail('herald');
    await start(['herald']);
    for (let time = 0; time < 10; time++) await health();
    expect(keySets.requests()).toBeLessThanOrEqual(2);
    keySets.mend('herald');
    clock.advance(1);
    while ((await health('/health/strict')).status !== 200);
    expect(await health()).toMatchObject({ keys: { status: 'up', degraded: false } });
  });

  it('is up and degraded while our own keys are damaged, and says no more than that', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'countersign-health-'));
    await start(['herald'], { keys: { directory } });
    const store = application.nest.get<OpenKeyStore>(KEY_STORE);
    const { keyId } = store.signer();
    const file = join(directory, `key-${keyId}.jwk.json`);
    const text = await readFile(file, 'utf8');
    await writeFile(file, '{"d":"sesame');
    await store.reload();
    expect(await health('/health/strict')).toEqual({
      status: 200,
      keys: {
        status: 'up',
        degraded: true,
        ownKeys: { state: 'degraded', problems: 1 },
        issuers: { herald: fresh },
      },
    });
    const answer = await send(application.origin, { path: '/health' });
    for (const secret of ['sesame', keyId, directory]) expect(answer.text).not.toContain(secret);
    await writeFile(file, text);
    await store.reload();
    expect(await health()).toMatchObject({ keys: { degraded: false, ownKeys } });
    await rm(directory, { recursive: true });
  });

  it('says nothing of our own keys when they are in a store that cannot tell', async () => {
    const { keyStore } = herald;
    await start(['herald'], {
      keys: { signer: () => keyStore.signer(), publicKeys: () => keyStore.publicKeys() },
    });
    const issuers = { herald: fresh };
    expect(await health()).toEqual({ status: 200, keys: { status: 'up', degraded: false, issuers } });
  });

  it('shows no key, and no address', async () => {
    keySets.fail('gateway');
    await start(['herald', 'gateway']);
    const { kid } = herald.keyStore.publicKeys().keys[0] ?? {};
    const { text } = await send(application.origin, { path: '/health' });
    expect(text).not.toMatch(/https?:/);
    expect(text).not.toContain(String(kid));
  });

  async function statusOfCall(): Promise<number> {
    const token = await herald.token({ audience: SERVICE });
    return (await send(application.origin, { path: '/guarded', headers: [bearer(token)] })).status;
  }

  /** The fetch that fails is nobody's to wait for. */
  async function degradedHealth() {
    for (;;) {
      const answer = await health();
      if ((answer.keys as { readonly degraded: boolean }).degraded) return answer;
    }
  }
});
