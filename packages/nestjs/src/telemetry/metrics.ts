import { type KeyEvent, type Verifier } from '@countersign/core';
import { type DecisionRecord } from '@countersign/core/http';
import { openTelemetry } from './open-telemetry.js';

/** Counts what happens; does nothing where nobody measures. What it is told comes from the options, never from a token. */
export interface Metrics {
  keyEvent(event: KeyEvent): void;
  request(decision: Pick<DecisionRecord, 'decision' | 'code'>): void;
  /** Reports the age of the verifier's keys whenever metrics are read, until the returned function is called. */
  observeKeys(verifier: Pick<Verifier, 'keyStatus'>): () => void;
}

/** The injection token of `Metrics`. */
export const METRICS = Symbol('METRICS');

/** Where nobody measures. */
export const NO_METRICS: Metrics = {
  keyEvent: () => undefined,
  request: () => undefined,
  observeKeys: () => () => undefined,
};

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
