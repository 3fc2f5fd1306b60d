import { systemClock } from '@countersign/core';
import { forgery } from '../traffic/forgery.js';
import { send, type Answer } from '../traffic/send.js';
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
      const url = new URL('/user', origin);
      return startTraffic(plan, () => sendForgery(url)).report;
    },
  };
}

function sendForgery(url: URL): Promise<Answer> {
  return send({ url, method: 'GET', headers: { authorization: `Bearer ${forgery(systemClock)}` } });
}

serveCommands(start);
