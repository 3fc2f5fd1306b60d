import { randomUUID } from 'node:crypto';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { createFixedClock, emptyBody, type FixedClock, type Verifier } from '@countersign/core';
import { VERIFIER, type KeyEvent } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import {
  ADAPTERS,
  censusOptions,
  SERVICE,
  startApplication,
  type Application,
} from '../support/application.js';
import { GuardedController } from '../support/controllers/guarded.controller.js';
import { bearer, send } from '../support/http.js';
import { startKeySets, type KeySets } from '../support/key-sets.js';

const [express] = ADAPTERS;

describe('the metrics that the SDK of OpenTelemetry gets', () => {
  let reader: PeriodicExportingMetricReader;
  let herald: TestIssuer;
  let keySets: KeySets;
  let clock: FixedClock;
  let application: Application;
  let events: KeyEvent[];

  beforeEach(async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    clock = createFixedClock();
    events = [];
    herald = await TestIssuer.start({ issuer: 'https://herald.service/', clock });
    const { keys } = herald.keyStore.publicKeys();
    keySets = await startKeySets({ keys: [...keys, { kty: 'oct', k: 'AAAA', kid: 'secret' }] });
    keySets.fail('gateway');
    application = await startApplication({
      adapter: express!.adapter,
      options: {
        ...censusOptions(herald, herald.keyStore),
        trust: ['herald', 'gateway'].map((name) => ({
          name,
          issuer: `https://${name}.service/`,
          keys: { jwksUri: keySets.uri(name) },
        })),
        clock,
        hydrate: { timeoutMs: 5000 },
        onKeyEvent: (event) => events.push(event),
      },
      controllers: [GuardedController],
    });
  });

  afterEach(async () => {
    await application.close();
    await Promise.all([herald.close(), keySets.close()]);
    await reader.shutdown();
    metrics.disable();
  });

  /** Every attribute set of a metric with its value, as it stands now. */
  async function read(name: string): Promise<readonly unknown[]> {
    const { resourceMetrics } = await reader.collect();
    const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    const found = all.filter(({ descriptor }) => descriptor.name === name);
    return found.flatMap(({ dataPoints }) =>
      dataPoints.map(({ attributes, value }) => ({ ...attributes, value })),
    );
  }

  const call = (token: string) =>
    send(application.origin, { path: '/guarded', headers: token === '' ? [] : [bearer(token)] });

  it('say how fetches end, which keys were refused, and how old the sets are, by the names of trust records', async () => {
    clock.advance(42);
    expect(await read('countersign.jwks.fetches')).toEqual([
      { issuer: 'herald', outcome: 'ok', value: 1 },
      { issuer: 'gateway', outcome: 'unusable_answer', value: 1 },
    ]);
    expect(await read('countersign.jwks.refused_keys')).toEqual([{ issuer: 'herald', value: 1 }]);
    expect(await read('countersign.jwks.age')).toEqual([{ issuer: 'herald', value: 42 }]);
  });

  it('count tokens by a key that is not in the set', async () => {
    const token = await herald.token({ audience: SERVICE, header: { kid: 'nobody-knows-it' } });
    for (let time = 0; time < 3; time++) expect((await call(token)).status).toBe(401);
    expect(await read('countersign.jwks.unknown_keys')).toEqual([{ issuer: 'herald', value: 3 }]);
  });

  it('count requests by decision and code', async () => {
    await call(await herald.token({ audience: SERVICE }));
    await call(await herald.token({ audience: SERVICE }));
    await call(await herald.token({ audience: 'https://other.service/' }));
    await call('');
    expect(await read('countersign.requests')).toEqual([
      { decision: 'allowed', value: 2 },
      { decision: 'refused', code: 'audience_mismatch', value: 1 },
      { decision: 'refused', code: 'token_missing', value: 1 },
    ]);
  });

  it('have the same few attributes after 10,000 tokens with random keys and issuers', async () => {
    const verifier = application.nest.get<Verifier>(VERIFIER);
    const random = (index: number) =>
      herald.token({
        audience: SERVICE,
        header: { kid: randomUUID() },
        ...(index % 2 === 0 && { claims: { iss: `https://${randomUUID()}.service/` } }),
      });
    for (let index = 0; index < 10_000; index++) {
      const rawHeaders = ['Authorization', `Bearer ${await random(index)}`];
      const body = () => emptyBody({ hashMd5: false }).hashes();
      const request = { method: 'GET', url: '/guarded', rawHeaders, body };
      await expect(async () => verifier.authenticate(request)).rejects.toMatchObject({
        kind: 'unauthenticated',
      });
    }
    for (let index = 0; index < 50; index++) expect((await call(await random(index))).status).toBe(401);
    expect(await read('countersign.jwks.unknown_keys')).toEqual([{ issuer: 'herald', value: 5025 }]);
    const fetches = await read('countersign.jwks.fetches');
    expect(fetches.length).toBeLessThanOrEqual(2);
    expect(await read('countersign.requests')).toEqual([
      { decision: 'refused', code: 'issuer_untrusted', value: 25 },
      { decision: 'refused', code: 'key_unknown', value: 25 },
    ]);
  });

  it('no longer hold the age of keys when the application is closed', async () => {
    await application.close();
    expect(await read('countersign.jwks.age')).toEqual([]);
  });

  it('leave the events to your own observer too', () => {
    expect(events).toEqual([
      expect.objectContaining({ type: 'fetched', name: 'herald', keys: 1, refusedKeys: 1 }),
      expect.objectContaining({ type: 'fetch_failed', name: 'gateway', servesOldKeys: false }),
    ]);
  });
});
