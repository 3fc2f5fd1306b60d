import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pinned, succeeds } from '../processes.js';
import { CONNECTIONS, type Load } from './load.js';

/** Every request is formatted before the first is sent, so that the load costs the same whatever is measured. */
const SCRIPT = `
local requests, last = {}, 0

function init()
  for token in io.lines(os.getenv('BENCH_TOKEN_FILE')) do
    requests[#requests + 1] = wrk.format('GET', nil, { ['Authorization'] = 'Bearer ' .. token })
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format('bench: %d %d %d', summary.requests, summary.duration, failures))
end
`;

const RESULT = /^bench: (?<requests>\d+) (?<microseconds>\d+) (?<failures>\d+)$/m;

/** wrk, on one thread; undefined where it is not installed. */
export async function wrkLoad(folder: string): Promise<Load | undefined> {
  // It prints its usage for -v, and ends with 1.
  if (!succeeds('sh', ['-c', 'command -v wrk'])) return undefined;
  const script = join(folder, 'tokens.lua');
  await writeFile(script, SCRIPT);
  return {
    name: `wrk, 1 thread, ${String(CONNECTIONS)} connections`,
    close: () => Promise.resolve(),
    async run({ url, tokenFile, length }) {
      if (!('seconds' in length)) throw new TypeError('wrk runs for a time, not for a number of requests');
      const options = [
        '-t',
        '1',
        '-c',
        String(CONNECTIONS),
        '-d',
        `${String(length.seconds)}s`,
        '-s',
        script,
      ];
      const [command, args] = pinned('load', 'wrk', [...options, url]);
      const { stdout } = await promisify(execFile)(command, args, {
        env: { ...process.env, BENCH_TOKEN_FILE: tokenFile },
      });
      const { requests, microseconds, failures } = RESULT.exec(stdout)?.groups ?? {};
      if (requests === undefined) throw new Error(`wrk printed no result: ${stdout}`);
      return {
        requests: Number(requests),
        seconds: Number(microseconds) / 1e6,
        failures: Number(failures),
      };
    },
  };
}
