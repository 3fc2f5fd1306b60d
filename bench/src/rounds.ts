import { checkGuard } from './check-guard.js';
import { type BenchAlgorithm, type Guard, type Platform } from './guards/guard.js';
import { type Load, type LoadLength } from './load/load.js';
import { cpuRow, rateRow, TOKEN_STATES } from './http-rows.js';
import { startNode, type NodeProcess } from './processes.js';
import { type Samples } from './results.js';
import { type ServerTask } from './server.js';
import { type Stage } from './stage.js';

/** One server process of a round. */
export interface Contender {
  readonly guard: Guard;
  readonly platform: Platform;
  readonly algorithm: BenchAlgorithm;
}

export interface RoundOptions {
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  readonly stage: Stage;
  readonly load: Load;
  readonly length: LoadLength;
  readonly warmLength: LoadLength;
  /** The server is warm after so many requests. */
  readonly warmRequests: number;
  /** How many tokens there are that were never sent. */
  readonly newTokens: number;
  readonly samples: Samples;
  readonly progress: (line: string) => void;
}

/**
 * Measures all contenders once, then all of them again, and so on: what changes on the machine meanwhile changes them all.
 * Each gets a process of its own every time, in which no token was seen before.
 * @throws Error when a guard is wrong, an answer is not 200, or a new token would have been sent twice.
 */
export async function measureRounds(options: RoundOptions): Promise<void> {
  const { contenders, rounds, progress } = options;
  for (let round = 1; round <= rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      const rates = await measureContender(contender, options);
      const place = `round ${String(round)}/${String(rounds)}  ${String(index + 1).padStart(2)}/${String(contenders.length)}`;
      const what = `${contender.platform} ${contender.algorithm} ${contender.guard.name}`;
      progress(`${place}  ${what.padEnd(42)} ${rates.join('   ')}`);
    }
  }
}

async function measureContender(contender: Contender, options: RoundOptions): Promise<readonly string[]> {
  const { guard, platform, algorithm } = contender;
  const { stage, load, length, samples } = options;
  const task: ServerTask = { guard: guard.name, platform, setup: stage.setup(algorithm) };
  const server = await startNode('server.js', task, { core: 'server' });
  try {
    const url = `http://127.0.0.1:${String(portIn(server.message))}/`;
    await checkGuard(guard.name, url, stage.key(algorithm));
    await warmUp(url, contender, options);
    const rates: string[] = [];
    for (const state of TOKEN_STATES) {
      const cpuBefore = await cpuMicroseconds(server);
      const result = await load.run({ url, tokenFile: stage.tokenFile(algorithm, state), length });
      const cpu = (await cpuMicroseconds(server)) - cpuBefore;
      const row = { guard: guard.name, platform, algorithm, state };
      if (result.failures > 0 || result.requests === 0)
        throw new Error(
          `${rateRow(row)}: ${String(result.failures)} of ${String(result.requests)} requests failed`,
        );
      // Without a guard nobody reads the token.
      if (state === 'new' && guard.name !== 'unguarded' && result.requests > options.newTokens)
        throw new Error(
          `${rateRow(row)}: ${String(result.requests)} requests, so that tokens were sent twice`,
        );
      const rate = result.requests / result.seconds;
      samples.add(rateRow(row), 'requests/s', rate);
      samples.add(cpuRow(row), 'µs CPU', cpu / result.requests);
      rates.push(
        `${state} ${Math.round(rate).toLocaleString('en').padStart(7)}/s ${(cpu / result.requests).toFixed(1).padStart(6)} µs`,
      );
    }
    return rates;
  } finally {
    await server.stop();
  }
}

/** A server that gets little of its core shall not be measured cold, and one that never gets warm shall not keep us. */
const MAX_WARM_RUNS = 3;

async function warmUp(url: string, { algorithm }: Contender, options: RoundOptions): Promise<void> {
  const { stage, load, warmLength, warmRequests } = options;
  const tokenFile = stage.tokenFile(algorithm, 'warm');
  let requests = 0;
  for (let run = 0; run < MAX_WARM_RUNS && requests < warmRequests; run += 1)
    requests += (await load.run({ url, tokenFile, length: warmLength })).requests;
}

async function cpuMicroseconds(server: NodeProcess): Promise<number> {
  const { user, system } = (await server.ask({})) as NodeJS.CpuUsage;
  return user + system;
}

function portIn(message: unknown): number {
  if (typeof message === 'object' && message !== null && 'port' in message) return Number(message.port);
  throw new TypeError('the server sent no port');
}
