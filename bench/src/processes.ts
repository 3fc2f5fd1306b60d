import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Where a process runs: the server has a core of its own. */
export type Core = 'server' | 'load' | 'any';

const CORES: Readonly<Record<Core, string | undefined>> = { server: '0', load: '1', any: undefined };

/** Whether processes can be pinned to cores: `taskset` is there, and lets us have the first two. */
export const canPin: boolean = [CORES.server, CORES.load].every((core) =>
  succeeds('taskset', ['-c', core ?? '', 'true']),
);

/** The same command, pinned where that is possible. */
export function pinned(core: Core, command: string, args: readonly string[]): readonly [string, string[]] {
  const cpu = CORES[core];
  if (!canPin || cpu === undefined) return [command, [...args]];
  return ['taskset', ['-c', cpu, command, ...args]];
}

export interface NodeProcess {
  /** The first message that it sent. */
  readonly message: unknown;
  /** Sends it a message and waits for the next one of its own. */
  ask(question: object): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Starts a script of this folder in a Node process of its own, and waits for its first message.
 * @throws Error when it ends without one.
 */
export async function startNode(
  script: string,
  task: unknown,
  { core = 'any', flags = [] }: { readonly core?: Core; readonly flags?: readonly string[] } = {},
): Promise<NodeProcess> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const [command, args] = pinned(core, process.execPath, [...flags, path, JSON.stringify(task)]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const message = await nextMessage(child, script);
  return {
    message,
    ask(question) {
      const answer = nextMessage(child, script);
      child.send(question);
      return answer;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
}

async function nextMessage(child: ChildProcess, script: string): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const ended = once(child, 'exit', { signal }).then(([code]: unknown[]) => {
      throw new Error(`${script} ended with ${String(code)} before it answered`);
    });
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as unknown[];
    return message;
  } finally {
    settled.abort();
  }
}

/** Whether a command is there and ends with 0. */
export function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
