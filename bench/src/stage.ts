import { createServer, type Server } from 'node:http';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchAlgorithm, type GuardSetup } from './guards/guard.js';
import { ALGORITHMS } from './http-rows.js';
import { type Form } from './settings.js';
import { mintTokens } from './tokens/mint-tokens.js';
import { AUDIENCE, ISSUER, signingKey, type SigningKey } from './tokens/signing-key.js';

/** Which tokens are sent: always the same few, or those of one run, each only once. */
export type TokenFile = 'seen' | 'new' | `warm-${number}`;

/** What is there before the first server starts: an issuer that serves its keys, and tokens in files. */
export interface Stage {
  readonly folder: string;
  setup(algorithm: BenchAlgorithm): GuardSetup;
  key(algorithm: BenchAlgorithm): SigningKey;
  tokenFile(algorithm: BenchAlgorithm, tokens: TokenFile): string;
  close(): void;
}

/** So many tokens are "seen before": few enough for every cache. */
const SEEN_TOKENS = 64;

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const keys = { RS256: signingKey('RS256'), ES256: signingKey('ES256') };
  // Also when the run is broken off: the folder holds keys.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const server = await serveKeySets(keys);
  const { port } = server.address() as AddressInfo;
  return {
    folder,
    key: (algorithm) => keys[algorithm],
    setup: (algorithm) => ({
      algorithm,
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUri: `http://127.0.0.1:${String(port)}/${algorithm}/jwks.json`,
      publicKeyPem: keys[algorithm].publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    }),
    tokenFile: (algorithm, tokens) => join(folder, `${algorithm}-${tokens}.txt`),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Signs the tokens once for all guards: each of their processes starts with an empty memory. */
export async function writeTokens(
  stage: Stage,
  algorithm: BenchAlgorithm,
  { tokens: perRun, warmUp }: Form,
): Promise<void> {
  const warmUpRuns = Array.from({ length: warmUp.runs }, (_, run) => `warm-${run}` as const);
  const runs: readonly TokenFile[] = [...warmUpRuns, 'new'];
  const count = perRun[algorithm];
  const tokens = await mintTokens(stage.key(algorithm), runs.length * count + SEEN_TOKENS);
  for (const [index, run] of runs.entries())
    await writeTokenFile(run, tokens.slice(index * count, (index + 1) * count));
  await writeTokenFile('seen', tokens.slice(-SEEN_TOKENS));

  async function writeTokenFile(name: TokenFile, lines: readonly string[]): Promise<void> {
    await writeFile(stage.tokenFile(algorithm, name), lines.join('\n'));
  }
}

async function serveKeySets(keys: Readonly<Record<BenchAlgorithm, SigningKey>>): Promise<Server> {
  const server = createServer((request, response) => {
    const key = ALGORITHMS.map((algorithm) => keys[algorithm]).find(
      ({ algorithm }) => request.url === `/${algorithm}/jwks.json`,
    );
    response.writeHead(key === undefined ? 404 : 200, { 'content-type': 'application/jwk-set+json' });
    response.end(JSON.stringify({ keys: key === undefined ? [] : [key.publicJwk] }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}
