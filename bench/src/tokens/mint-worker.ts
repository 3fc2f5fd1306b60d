/** A thread that signs as many tokens as it is asked for, and hands them over, one to a line. */
import { createPrivateKey } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { signingKey, type TokenAlgorithm } from './signing-key.js';

export interface MintTask {
  readonly algorithm: TokenAlgorithm;
  readonly privateKeyPem: string;
}

const { algorithm, privateKeyPem } = workerData as MintTask;
const key = signingKey(algorithm, { privateKey: createPrivateKey(privateKeyPem) });
parentPort?.on('message', (count: number) => {
  const tokens = Array.from({ length: count }, () => key.token());
  parentPort?.postMessage(tokens.join('\n'));
});
