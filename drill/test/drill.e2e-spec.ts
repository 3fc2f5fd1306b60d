import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describe('the drill', () => {
  async function run(
    ...args: readonly string[]
  ): Promise<{ readonly code: unknown; readonly output: string }> {
    const child = spawn(process.execPath, [MAIN, ...args], {
      // A terminal, CI and Jest's workers each ask for colour.
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const [code]: unknown[] = await once(child, 'close');
    return { code, output: Buffer.concat(chunks).toString() };
  }

  it('plays an outage with real processes, prints what it measured and no token, and exits with 0', async () => {
    const { code, output } = await run('--quick', '--only', 'outage');
    expect(output).toMatch(/of these, failed +0 +0 +ok/);
    expect(output).not.toContain('FAILED');
    expect(output).not.toMatch(/eyJ[\w-]+\./);
    expect(code).toBe(0);
  });

  it('says what it can play when it is asked for something else, and exits with 1', async () => {
    const { code, output } = await run('--only', 'peace');
    expect(output).toContain('one of: ');
    expect(code).toBe(1);
  });
});
