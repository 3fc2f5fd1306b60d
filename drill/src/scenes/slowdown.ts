import { type Figure } from '../judge.js';
import { type Form } from '../scene.js';
import { type TrafficReport } from '../traffic/traffic.js';

/** Half of the shortest time limit of a fetch: whoever waits for one waits longer. */
const WAITED_MS = 500;

/**
 * What became of the good requests while something else went on. The short form has too few of them for a p99, and is
 * played where other work goes on: it only looks whether they had to wait for a fetch.
 */
export function slowdown(quiet: TrafficReport, during: TrafficReport, form: Form): readonly Figure[] {
  const ratio = Math.round((during.p99Ms / quiet.p99Ms) * 100) / 100;
  return [
    { figure: 'p50 of good requests, quiet (ms)', measured: quiet.p50Ms },
    {
      figure: 'p50 of good requests, meanwhile (ms)',
      measured: during.p50Ms,
      ...(form === 'quick' && { wanted: { atMost: WAITED_MS } }),
    },
    { figure: 'p99 of good requests, quiet (ms)', measured: quiet.p99Ms },
    { figure: 'p99 of good requests, meanwhile (ms)', measured: during.p99Ms },
    {
      figure: 'p99, meanwhile to quiet',
      measured: ratio,
      ...(form === 'full' && { wanted: { atMost: 2 } }),
    },
  ];
}
