/**
 * A process of its own: serves one guard on one platform, and tells its parent the port; then, for every message, how much
 * processor time it has used.
 */
import { startApplication } from './application.js';
import { isBare, type GuardSetup, type Platform } from './guards/guard.js';
import { guardNamed } from './guards/guards.js';

/** What the parent sends as the only argument, in JSON. */
export interface ServerTask {
  readonly guard: string;
  readonly platform: Platform;
  readonly setup: GuardSetup;
}

const { guard, platform, setup } = JSON.parse(process.argv[2] ?? '') as ServerTask;
process.once('disconnect', () => process.exit());
const port = await start();
process.on('message', () => process.send?.(process.cpuUsage()));
process.send?.({ port });

async function start(): Promise<number> {
  const found = guardNamed(platform, guard);
  if (isBare(found)) return found.start(setup);
  const nest = found.platforms.find((each) => each === platform);
  if (nest === undefined) throw new RangeError(`${guard} does not run on ${platform}`);
  return (await startApplication(found, nest, setup)).port;
}
