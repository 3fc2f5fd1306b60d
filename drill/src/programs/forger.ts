import { systemClock } from '@countersign/core';
import { createForger } from '../traffic/forgery.js';
import { createLeanSender } from '../traffic/lean-sender.js';
import { startTraffic, type TrafficReport } from '../traffic/traffic.js';
import { serveCommands } from './serve-commands.js';

/** Sends tokens that are well-formed, in the name of the caller, each by a key that nobody has heard of. */
export interface Forger {
  flood(plan: ForgerPlan): Promise<TrafficReport>;
}

export interface ForgerPlan {
  readonly origin: string;
  readonly ratePerSecond: number;
  readonly count: number;
}

async function start(): Promise<Forger> {
  return {
    flood({ origin, ...plan }) {
      const forge = createForger(systemClock);
      const sender = createLeanSender(new URL('/user', origin));
      return startTraffic(plan, () => sender.send(forge())).report;
    },
  };
}

serveCommands(start);
