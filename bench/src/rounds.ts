import { checkGuard } from './check-guard.js';
import { type BenchAlgorithm, type Guard, type Platform } from './guards/guard.js';
import { type Load, type LoadLength, type LoadResult } from './load/load.js';
import { cpuRow, rateRow, type HttpRow } from './http-rows.js';
import { startNode, type NodeProcess } from './processes.js';
import { type Samples } from './results/results.js';
import { type ServerTask } from './server.js';
import { type Form } from './settings.js';
import { type Stage, type TokenFile } from './stage.js';

/** One server process of a round. */
export interface Contender {
  readonly guard: Guard;
  readonly platform: Platform;
  readonly algorithm: BenchAlgorithm;
}

export interface RoundOptions {
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  readonly form: Form;
  readonly stage: Stage;
  readonly load: Load;
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
      progress(`${place}  ${what.padEnd(44)} ${rates.join('   ')}`);
    }
  }
}

async function measureContender(contender: Contender, options: RoundOptions): Promise<readonly string[]> {
  const { guard, platform, algorithm } = contender;
  const { stage, load, form } = options;
  const task: ServerTask = { guard: guard.name, platform, setup: stage.setup(algorithm) };
  const server = await startNode('server.js', task, { core: 'server' });
  const url = `http://127.0.0.1:${String(portIn(server.message))}/`;
  const rates: string[] = [];
  try {
    await checkGuard(guard, url, stage.key(algorithm));
    await warmUp();
    await measure('new');
    // Recalling a token is other code than checking one.
    await send('seen', form.warmUp.length);
    await measure('seen');
    return rates;
  } finally {
    await server.stop();
  }

  function send(tokens: TokenFile, length: LoadLength): Promise<LoadResult> {
    return load.run({ url, tokenFile: stage.tokenFile(algorithm, tokens), length });
  }

  async function warmUp(): Promise<void> {
    const { length, requests, runs } = form.warmUp;
    let sent = 0;
    for (let run = 0; run < runs && sent < requests; run += 1)
      sent += (await send(`warm-${run}`, length)).requests;
  }

  async function measure(state: HttpRow['state']): Promise<void> {
    const cpuBefore = await cpuMicroseconds(server);
    const { requests, seconds, failures } = await send(state, form.length);
    const cpu = (await cpuMicroseconds(server)) - cpuBefore;
    const row = { guard: guard.name, platform, algorithm, state };
    if (failures > 0 || requests === 0)
      throw new Error(`${rateRow(row)}: ${String(failures)} of ${String(requests)} requests failed`);
    // Without a guard nobody reads the token.
    if (state === 'new' && guard.name !== 'unguarded' && requests > form.tokens[algorithm])
      throw new Error(`${rateRow(row)}: ${String(requests)} requests, so that tokens were sent twice`);
    const rate = requests / seconds;
    options.samples.add(rateRow(row), 'requests/s', rate);
    options.samples.add(cpuRow(row), 'µs CPU', cpu / requests);
    rates.push(
      `${state} ${Math.round(rate).toLocaleString('en').padStart(7)}/s ${(cpu / requests).toFixed(1).padStart(6)} µs`,
    );
  }
}

async function cpuMicroseconds(server: NodeProcess): Promise<number> {
  const { user, system } = (await server.ask({})) as NodeJS.CpuUsage;
  return user + system;
}

function portIn(message: unknown): number {
  if (typeof message === 'object' && message !== null && 'port' in message) return Number(message.port);
  throw new TypeError('the server sent no port');
}
