import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type MintTask } from './mint-worker.js';
import { type SigningKey } from './signing-key.js';

/** A thread that signs tokens. */
export interface MintThread {
  /** The next tokens; none of them was handed out before. Ask for one batch after the other. */
  next(count: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

export function mintThread(key: SigningKey): MintThread {
  const privateKeyPem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const workerData: MintTask = { algorithm: key.algorithm, privateKeyPem };
  const worker = new Worker(new URL('mint-worker.js', import.meta.url), { workerData });
  return {
    async next(count) {
      worker.postMessage(count);
      const [lines] = (await once(worker, 'message')) as [string];
      return lines.split('\n');
    },
    async close() {
      await worker.terminate();
    },
  };
}

/** Signs that many distinct tokens, on all cores. */
export async function mintTokens(key: SigningKey, count: number): Promise<readonly string[]> {
  const width = Math.min(availableParallelism(), Math.ceil(count / 1000));
  const share = Math.ceil(count / width);
  const minted = await Promise.all(
    Array.from({ length: width }, async () => {
      const thread = mintThread(key);
      const tokens = await thread.next(share);
      await thread.close();
      return tokens;
    }),
  );
  return minted.flat();
}
