import { NO_METRICS, openMetrics } from '../../src/telemetry/metrics.js';
import { openTelemetry, throwUnlessAbsent, unlessEmpty } from '../../src/telemetry/open-telemetry.js';

const absent: string = '@opentelemetry/is-not-installed';

describe('a package that the application may have installed', () => {
  it('is not missed when it is absent', async () => {
    const error: unknown = await import(absent).catch((reason: unknown) => reason);
    expect(error).toHaveProperty('code');
    expect(() => throwUnlessAbsent(error)).not.toThrow();
  });

  it('is not missed when a bundler put an empty module in its place', () => {
    const loaded: { readonly trace?: object } = {};
    expect(unlessEmpty(loaded, 'trace')).toBeUndefined();
  });

  it('that is there and broken keeps the application from starting', () => {
    expect(() => throwUnlessAbsent(new TypeError('broken'))).toThrow('broken');
  });

  it('is used when it is there', async () => {
    await expect(openTelemetry()).resolves.toHaveProperty('trace');
  });
});

describe('metrics without OpenTelemetry', () => {
  it('do nothing', async () => {
    const metrics = await openMetrics(() => Promise.resolve(undefined));
    metrics.keyEvent({ type: 'unknown_key', name: 'herald', found: false });
    metrics.request({ decision: 'allowed' });
    const stop = metrics.observeKeys({
      keyStatus: () => {
        throw new Error('nobody asks');
      },
    });
    stop();
    expect(metrics).toBe(NO_METRICS);
  });
});
