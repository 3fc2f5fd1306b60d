import { setImmediate } from 'node:timers';

/** Lets what happens in the background happen, until something holds. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
