import { NO_METRICS, type Metrics } from './metrics.js';
import { openTelemetry } from './open-telemetry.js';

/** Metrics of OpenTelemetry, if the application has installed its API. They are listed in `docs/keys.md`. */
export async function openMetrics(load = openTelemetry): Promise<Metrics> {
  const api = await load();
  if (api === undefined) return NO_METRICS;
  const meter = api.metrics.getMeter('@countersign/nestjs');
  const requests = meter.createCounter('countersign.requests', {
    description: 'Requests to routes that are not public, by decision',
  });
  const fetches = meter.createCounter('countersign.jwks.fetches', {
    description: "Fetches of other services' key sets, by outcome",
  });
  const unknownKeys = meter.createCounter('countersign.jwks.unknown_keys', {
    description: 'Tokens that named a key which was not in the set of their issuer',
  });
  const refusedKeys = meter.createCounter('countersign.jwks.refused_keys', {
    description: 'Keys that were left out of fetched sets',
  });
  const age = meter.createObservableGauge('countersign.jwks.age', {
    description: "Age of other services' key sets",
    unit: 's',
  });
  return {
    request({ decision, code = 'other' }) {
      requests.add(1, decision === 'allowed' ? { decision } : { decision, code });
    },
    keyEvent(event) {
      const issuer = event.name;
      if (event.type === 'unknown_key') unknownKeys.add(1, { issuer });
      else if (event.type === 'fetch_failed') fetches.add(1, { issuer, outcome: event.reason });
      else {
        fetches.add(1, { issuer, outcome: 'ok' });
        if (event.refusedKeys > 0) refusedKeys.add(event.refusedKeys, { issuer });
      }
    },
    observeKeys(verifier) {
      const observe: Parameters<typeof age.addCallback>[0] = (result) => {
        for (const { name: issuer, ageSeconds } of verifier.keyStatus())
          if (ageSeconds !== undefined) result.observe(ageSeconds, { issuer });
      };
      age.addCallback(observe);
      return () => age.removeCallback(observe);
    },
  };
}
