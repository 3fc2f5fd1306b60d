import { type Figure } from '../judge.js';
import { type Form } from '../scene.js';
import { type TrafficReport } from '../traffic/traffic.js';

/** In a few hundred requests, the slowest hundredth is a handful: the short form only looks whether somebody waited. */
const WAITED_MS = 200;

/** What became of the slowest hundredth of the good requests. */
export function slowdown(quiet: TrafficReport, during: TrafficReport, form: Form): readonly Figure[] {
  const ratio = Math.round((during.p99Ms / quiet.p99Ms) * 100) / 100;
  const isFull = form === 'full';
  return [
    { figure: 'p50 of good requests, quiet (ms)', measured: quiet.p50Ms },
    { figure: 'p50 of good requests, meanwhile (ms)', measured: during.p50Ms },
    { figure: 'p99 of good requests, quiet (ms)', measured: quiet.p99Ms },
    {
      figure: 'p99 of good requests, meanwhile (ms)',
      measured: during.p99Ms,
      ...(!isFull && { wanted: { atMost: WAITED_MS } }),
    },
    { figure: 'p99, meanwhile to quiet', measured: ratio, ...(isFull && { wanted: { atMost: 2 } }) },
  ];
}
