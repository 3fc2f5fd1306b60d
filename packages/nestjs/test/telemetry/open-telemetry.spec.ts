import { NO_METRICS, openMetrics } from '../../src/telemetry/metrics.js';
import { ifInstalled } from '../../src/telemetry/open-telemetry.js';

const absent: string = '@opentelemetry/is-not-installed';

describe('a package that the application may have installed', () => {
  it('is not missed when it is absent', async () => {
    await expect(ifInstalled(() => import(absent))).resolves.toBeUndefined();
  });

  it('that is there and broken keeps the application from starting', async () => {
    const broken = ifInstalled(() => Promise.reject(new TypeError('broken')));
    await expect(broken).rejects.toThrow('broken');
  });
});

describe('metrics without OpenTelemetry', () => {
  it('do nothing', async () => {
    const metrics = await openMetrics(() => ifInstalled(() => import(absent)));
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
