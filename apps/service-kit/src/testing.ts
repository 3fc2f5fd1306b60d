import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';

export { startProxy, type TestProxy } from './testing-proxy.js';

/** A database of a test's own on a real server. */
export interface ScratchDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Makes an empty database on the server of `serverUrl`, whose user must be allowed to create one. */
export async function createScratchDatabase(serverUrl: string): Promise<ScratchDatabase> {
  const name = `countersign_test_${randomUUID().replaceAll('-', '')}`;
  await runOn(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => runOn(serverUrl, `drop database ${name} with (force)`) };
}

async function runOn(serverUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A service in a process of its own. */
export interface ServiceProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Ends it and resolves with its exit code, or the signal's name. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | string>;
}

/**
 * Starts a built service and waits until it listens.
 *
 * @param main The service's `dist/main.js`.
 * @throws Error with what it printed when it ends before.
 */
export async function startService(
  main: URL,
  environment: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [fileURLToPath(main)], {
    env: { LOG_FORMAT: 'json', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, killedBy) => resolve(code ?? killedBy ?? 'unknown'));
  });
  const printed: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => printed.push(chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      printed.push(line);
      const address = /listens on (http:\S+?)"/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
    // Not `exit`: it may still be printing then.
    child.once('close', () => reject(new Error(`the service ended:\n${printed.join('\n')}`)));
  });
  return {
    url,
    child,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** A port that nobody listens on at the moment. */
export async function findFreePort(): Promise<number> {
  const held = await holdPort();
  await held.release();
  return held.port;
}

/** A port that nobody else gets: whoever comes is turned away until it is released. */
export interface HeldPort {
  readonly port: number;
  /** For whoever listens on it next, at once. Does nothing the second time. */
  release(): Promise<void>;
}

/** Holds a free port, for a service that must be known before it is started. */
export async function holdPort(): Promise<HeldPort> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server had no port');
  return {
    port: address.port,
    async release() {
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

/** Starts once more, which must find other ports, when somebody took one before the service listened on it. */
export async function startOnFreePorts<Started>(start: () => Promise<Started>): Promise<Started> {
  try {
    return await start();
  } catch (error) {
    if (!String(error).includes('EADDRINUSE')) throw error;
    return start();
  }
}
