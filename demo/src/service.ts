import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';

/** One JSON line of a service's log. */
export interface LogLine {
  readonly service: string;
  readonly context: string | undefined;
  readonly message: unknown;
}

/** A sample service that runs as a process of its own. */
export interface RunningService {
  readonly name: string;
  stop(): Promise<void>;
}

/** The sample services. */
export type ServiceName = 'gateway' | 'census' | 'herald' | 'idp';

export interface ServiceOptions {
  readonly name: ServiceName;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLine: (line: LogLine) => void;
  /** Ends the service when it is aborted before it listens. */
  readonly stopping: AbortSignal;
}

const require = createRequire(import.meta.url);

/** Starts a built sample service and waits until it listens. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { name, environment, onLine, stopping } = options;
  stopping.throwIfAborted();
  const folder = dirname(require.resolve(`@countersign/${name}/package.json`));
  const child = spawn(process.execPath, [join(folder, 'dist/main.js')], {
    env: { ...process.env, ...environment, LOG_FORMAT: 'json' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => child.kill('SIGTERM');
  stopping.addEventListener('abort', end);
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`${name} stopped with ${String(code)} before it listened\n${errors.join('\n')}`));
    });
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = parseLine(name, text);
      if (line === undefined) return;
      if (typeof line.message === 'string' && line.message.includes('listens on')) resolve();
      onLine(line);
    });
  }).finally(() => {
    stopping.removeEventListener('abort', end);
  });
  child.removeAllListeners('exit');
  return { name, stop: () => stop(child) };
}

function parseLine(service: string, text: string): LogLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    if (typeof line !== 'object' || line === null || !('message' in line)) return undefined;
    const context = 'context' in line && typeof line.context === 'string' ? line.context : undefined;
    return { service, context, message: line.message };
  } catch {
    return undefined;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
