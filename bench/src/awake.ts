import { openSync, writeSync } from 'node:fs';

/** Linux keeps the cores from sleeping deeper than so many microseconds, for as long as somebody holds this file open. */
const LATENCY_LIMIT = '/dev/cpu_dma_latency';

/**
 * Keeps the cores from going to sleep until this process ends, as the profile `latency-performance` of tuned does. A load
 * that waits for its answers sleeps in between, and to wake its core costs the server, on a virtual machine up to a
 * fifth of its time: the slower a guard is, the more often.
 * @returns whether that is possible: on Linux, for root.
 */
export function keepCoresAwake(): boolean {
  try {
    // Held open on purpose: closing it lets the cores sleep again.
    writeSync(openSync(LATENCY_LIMIT, 'w'), Buffer.alloc(Int32Array.BYTES_PER_ELEMENT));
    return true;
  } catch {
    return false;
  }
}
