import { createVerifier, memoryReplayStore, type InboundRequest, type ReplayStore } from '@countersign/core';
import { bodyHash, boundUri } from '@countersign/core/adapter';
import { inFlight, interleave, type Variant } from '../interleave.js';
import { once, requestWith, trustRecordFor } from '../micro/subjects.js';
import { type BenchRow } from '../row.js';
import { AUDIENCE, ISSUER, signingKey, type SigningKey } from '../tokens/signing-key.js';

const NAME = 'scale/replay';
const BODY = Buffer.from('{"order":17}');
const SHA256 = bodyHash(BODY);

/** A bound, single-use ES256 token, with the store in this process and with one that takes 0.5 ms. Time on the clock. */
export const replayRow: BenchRow = {
  name: NAME,
  async measure({ quick, rounds }) {
    const operations = quick ? 64 : 1024;
    const key = signingKey('ES256');
    const count = operations * (rounds + 1);
    const variants = [
      variant('in-process-64-in-flight', memoryReplayStore(), 64, key, count),
      variant('half-a-ms-64-in-flight', slowStore(0.5), 64, key, count),
      variant('in-process-one-at-a-time', memoryReplayStore(), 1, key, count),
      variant('half-a-ms-one-at-a-time', slowStore(0.5), 1, key, count),
    ];
    return interleave(variants, { row: NAME, rounds, operations, time: 'wall' });
  },
};

function variant(
  name: string,
  replayStore: ReplayStore,
  width: number,
  key: SigningKey,
  count: number,
): Variant {
  const record = { ...trustRecordFor(key), tokenType: 'svc+jwt' };
  const verifier = createVerifier({ service: AUDIENCE, trust: [record], replayStore });
  const next = once(Array.from({ length: count }, () => boundRequest(key)));
  return {
    name,
    run: (operations) =>
      inFlight(operations, width, async () => verifier.useOnce(await verifier.authenticate(next()))),
  };
}

function boundRequest(key: SigningKey): InboundRequest {
  const exp = Math.floor(Date.now() / 1000) + 240;
  const binding = { bdy: SHA256, htm: 'POST', htu: boundUri(AUDIENCE, '/order/') };
  const token = key.token({ header: { typ: 'svc+jwt' }, claims: { sub: ISSUER, exp, ...binding } });
  const body = () => Promise.resolve({ sha256: SHA256, md5: undefined });
  return { ...requestWith(token), method: 'POST', body };
}

/** A store in this process that answers so much later: a timer is not as exact, so the loop is asked again and again. */
function slowStore(latencyMs: number): ReplayStore {
  const store = memoryReplayStore();
  const waiting: { readonly due: number; readonly answer: () => void }[] = [];

  function look(): void {
    const now = performance.now();
    while (waiting[0] !== undefined && waiting[0].due <= now) waiting.shift()?.answer();
    if (waiting.length > 0) setImmediate(look);
  }

  return {
    async firstUse(key, expiresAt, share) {
      await new Promise<void>((answer) => {
        waiting.push({ due: performance.now() + latencyMs, answer });
        if (waiting.length === 1) setImmediate(look);
      });
      return store.firstUse(key, expiresAt, share);
    },
  };
}
