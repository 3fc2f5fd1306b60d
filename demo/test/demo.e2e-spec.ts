import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface Run {
  readonly code: unknown;
  readonly output: string;
}

describe('the demo', () => {
  let folder: string;
  let story: Run;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-demo-'));
    story = await run('--once');
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  function run(...args: readonly string[]): Promise<Run> {
    return runUntil(undefined, ...args);
  }

  /** Stops it by SIGTERM when it has printed `last`. */
  async function runUntil(last: string | undefined, ...args: readonly string[]): Promise<Run> {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      // A terminal, CI and Jest's workers each ask for colour.
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (last !== undefined && Buffer.concat(chunks).includes(last)) child.kill('SIGTERM');
    });
    const [code]: unknown[] = await once(child, 'close');
    return { code, output: Buffer.concat(chunks).toString() };
  }

  it('plays the welcome mail and five refusals, and exits with 0', async () => {
    const { code, output } = story;
    expect(output).toContain('"Welcome" to user@census.example');
    const decisions = [...output.matchAll(/decision +(.*)/g)].map(([, decision]) => decision);
    expect(decisions).toEqual([
      'allowed by gateway',
      'allowed by herald',
      'allowed by census',
      'refused by herald: token_replayed',
      'allowed by gateway',
      'refused by herald: body_mismatch',
      'refused by census: issuer_untrusted',
      'allowed by gateway',
      'allowed by herald',
      'refused by census: policy_refused',
      'refused by census: delegation_unproven',
    ]);
    expect(output).toContain('502 upstream_refused_gateway');
    expect(output).toMatch(/proof +the token that herald was called with/);
    expect(output).toContain('Every scene ended as it should.');
    expect(code).toBe(0);
  });

  it('says once, and loudly, that its identity provider is for development only', () => {
    const notices = story.output.match(/^\*\*\* idp: For development only: .* \*\*\*$/gm);
    expect(notices).toHaveLength(1);
  });

  it('never prints a token', () => {
    expect(story.output).not.toMatch(/eyJ[\w-]+\./);
  });

  it.each([
    ['while it starts', '*** idp:'],
    ['in the middle of its story', 'logged in at the gateway'],
  ])('stops what it has started when it is stopped %s', async (_case, last) => {
    const { code, output } = await runUntil(last, '--once');
    expect(code).toBe(1);
    expect(output).not.toContain('Every scene ended');
    const trust = await readFile(join(folder, '.data/demo/gateway-trust.json'), 'utf8');
    const [provider] = /http:\/\/127\.0\.0\.1:\d+/.exec(trust) ?? [];
    await expect(fetch(`${String(provider)}/health`)).rejects.toMatchObject({
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('says what it does when it is asked for help', async () => {
    expect((await run('--help')).output).toContain('--once');
  });
});
