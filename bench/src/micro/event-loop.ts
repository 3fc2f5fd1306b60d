import { generateKeyPairSync } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuthorizer, createKeyStore } from '@countersign/core';
import { Samples } from '../results/results.js';
import { type BenchRow } from '../row.js';
import { AUDIENCE, ISSUER } from '../tokens/signing-key.js';

const NAME = 'micro/event-loop-delay';
const TOKENS_PER_SECOND = 300;
/** A round is long: its p99 is that of some thousand samples. */
const MAX_ROUNDS = 3;
/** How often the loop is asked whether it is late; this much is no delay. */
const RESOLUTION_MS = 1;

/** How late the event loop is while 300 tokens a second are minted with an RS256 key of 4096 bits, and while it is idle. */
export const eventLoopRow: BenchRow = {
  name: NAME,
  async measure({ quick, rounds }) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
    const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'RS256' };
    const keyStore = await createKeyStore({ privateKeys: [jwk] });
    const orders = { name: 'orders', url: AUDIENCE, onBehalfOf: 'service', authorize: 'mint' } as const;
    const authorizer = createAuthorizer({
      service: ISSUER,
      keyStore,
      destinations: [{ ...orders, scopes: [] }],
    });
    const call = { url: new URL('order/', AUDIENCE), method: 'POST', body: Buffer.from('{"order":17}') };
    const mint = () => authorizer.authorize(call, undefined);
    const seconds = quick ? 0.5 : 3;
    const samples = new Samples();
    await mintFor(0.2, mint);
    for (let round = 0; round < Math.min(rounds, MAX_ROUNDS); round += 1) {
      samples.add(`${NAME}/idle-p99`, 'ms', (await lateness(() => delay(seconds * 500))).p99);
      const minting = await lateness(() => mintFor(seconds, mint));
      samples.add(`${NAME}/minting-p99`, 'ms', minting.p99);
      samples.add(`${NAME}/minting-mean`, 'ms', minting.mean);
      samples.add(`${NAME}/minted`, 'operations/s', minting.result);
    }
    return samples.measurements();
  },
};

/** @returns how many were minted in a second. */
async function mintFor(seconds: number, mint: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  const minting: Promise<unknown>[] = [];
  for (;;) {
    const elapsed = (performance.now() - started) / 1000;
    if (elapsed >= seconds) break;
    while (minting.length < elapsed * TOKENS_PER_SECOND) minting.push(mint());
    await delay(1);
  }
  await Promise.all(minting);
  return minting.length / ((performance.now() - started) / 1000);
}

async function lateness<Result>(during: () => Promise<Result>) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const result = await during();
  histogram.disable();
  return {
    p99: Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS),
    mean: Math.max(0, histogram.mean / 1e6 - RESOLUTION_MS),
    result,
  };
}
