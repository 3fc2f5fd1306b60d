import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService } from '@countersign/service-kit/testing';

const MAIN = new URL('../dist/main.js', import.meta.url);

describe('Census, as a process', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'census-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['Nest', MAIN],
    ['Express', new URL('../dist/express/express-main.js', import.meta.url)],
  ])('needs nothing but a folder to start in %s, and ends with 0 on SIGTERM', async (_framework, main) => {
    const census = await startService(main, { PORT: '0', DATA_DIR: folder });
    expect((await fetch(`${census.url}/health`)).status).toBe(200);
    expect(await census.stop()).toBe(0);
  });

  it('keeps its users and its key when it is killed and started again', async () => {
    const first = await startService(MAIN, { PORT: '0', DATA_DIR: folder });
    const keys = await (await fetch(`${first.url}/.well-known/jwks.json`)).text();
    expect(await first.stop('SIGKILL')).toBe('SIGKILL');
    const second = await startService(MAIN, { PORT: '0', DATA_DIR: folder });
    try {
      expect(await (await fetch(`${second.url}/.well-known/jwks.json`)).text()).toBe(keys);
      expect((await fetch(`${second.url}/health`)).status).toBe(200);
    } finally {
      await second.stop();
    }
  });

  it('does not open a folder that another census is using', async () => {
    const census = await startService(MAIN, { PORT: '0', DATA_DIR: folder });
    try {
      await expect(startService(MAIN, { PORT: '0', DATA_DIR: folder })).rejects.toThrow(
        'is in use by process',
      );
    } finally {
      await census.stop();
    }
  });

  it('does not start on trust that cannot be, and names the member', async () => {
    const file = join(folder, 'trust.json');
    writeFileSync(file, JSON.stringify([{ name: 'herald', issuer: 'https://herald.service/', keys: {} }]));
    const ended = startService(MAIN, { PORT: '0', DATA_DIR: folder, TRUST_FILE: file });
    await expect(ended).rejects.toThrow(/\ncensus: TRUST_FILE: trust\[0\]\.keys [^\n]+\n$/);
  });

  it('does not start on a port that is taken', async () => {
    const census = await startService(MAIN, { PORT: '0', DATA_DIR: folder });
    const { port } = new URL(census.url);
    try {
      const ended = startService(MAIN, { PORT: port, DATA_DIR: join(folder, 'other') });
      await expect(ended).rejects.toThrow(`census: PORT: cannot listen on 127.0.0.1:${port} (EADDRINUSE)`);
    } finally {
      await census.stop();
    }
  });

  it.each([
    ['PORT', 'abc'],
    ['REDIS_URL', 'redis://127.0.0.1'],
    ['TRUST_FILE', '/nowhere/trust.json'],
    ['DATABASE_URL', 'mysql://127.0.0.1/census'],
    ['DATABASE_URL', 'postgres://127.0.0.1:1/census'],
  ])('does not start when %s is %s, and says so in one line', async (name, value) => {
    const ended = startService(MAIN, { PORT: '0', DATA_DIR: folder, [name]: value });
    await expect(ended).rejects.toThrow(new RegExp(`^the service ended:\\ncensus: ${name}: [^\\n]+\\n$`));
  });
});
