import { type Measurement, type Results } from '../src/results/results.js';

/** A run with these rows, all in requests per second. */
export function runWith(rows: Readonly<Record<string, readonly number[]>>): Results {
  return {
    startedAt: '2026-01-02T03:04:05.000Z',
    durationSeconds: 600,
    quick: false,
    rounds: 3,
    machine: {
      node: '20.20.2',
      openssl: '3.0.19',
      cpu: 'Some <fast> CPU & more',
      cores: 2,
      system: 'Linux 6.1',
      pinned: true,
      awake: true,
      load: 'wrk',
    },
    versions: {},
    measurements: Object.entries(rows).map(([row, samples]): Measurement => ({
      row,
      unit: 'requests/s',
      samples,
    })),
  };
}
