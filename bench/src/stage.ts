import { createServer, type Server } from 'node:http';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchAlgorithm, type GuardSetup } from './guards/guard.js';
import { ALGORITHMS, TOKEN_STATES } from './http-rows.js';
import { mintTokens } from './tokens/mint-tokens.js';
import { AUDIENCE, ISSUER, signingKey, type SigningKey } from './tokens/signing-key.js';

/** Which tokens are sent; `warm` are those that get the server going before it is measured. */
export type TokenState = (typeof TOKEN_STATES)[number] | 'warm';

/** What is there before the first server starts: an issuer that serves its keys, and tokens in files. */
export interface Stage {
  readonly folder: string;
  setup(algorithm: BenchAlgorithm): GuardSetup;
  key(algorithm: BenchAlgorithm): SigningKey;
  tokenFile(algorithm: BenchAlgorithm, state: TokenState): string;
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
    tokenFile: (algorithm, state) => join(folder, `${algorithm}-${state}.txt`),
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
  counts: { readonly new: number; readonly warm: number },
): Promise<void> {
  const tokens = await mintTokens(stage.key(algorithm), SEEN_TOKENS + counts.warm + counts.new);
  const warmEnd = SEEN_TOKENS + counts.warm;
  const parts: Readonly<Record<TokenState, readonly string[]>> = {
    seen: tokens.slice(0, SEEN_TOKENS),
    warm: tokens.slice(SEEN_TOKENS, warmEnd),
    new: tokens.slice(warmEnd),
  };
  for (const state of ['warm', ...TOKEN_STATES] as const)
    await writeFile(stage.tokenFile(algorithm, state), parts[state].join('\n'));
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
