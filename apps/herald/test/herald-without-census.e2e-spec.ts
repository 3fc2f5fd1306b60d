import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService } from '@countersign/service-kit/testing';

const MAIN = new URL('../dist/main.js', import.meta.url);
const to = { url: 'https://census.example/', onBehalfOf: 'user', authorize: 'mint' };

describe('Herald, as a process, does not start', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'herald-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it.each([
    [[], 'destinations must declare "census", which Recipients calls by its name; declared: none'],
    [[{ ...to, name: 'censsu' }], 'destinations must declare "census", .* declared: censsu'],
    [[{ ...to, name: 'census', url: undefined }], 'destinations\\[0\\]\\.url must be an absolute https URI'],
    [[{ ...to, name: 'census', url: 'x' }], 'destinations\\[0\\]\\.url must be an absolute https URI'],
  ])('with the destinations %j, and says what is missing in one line', async (records, problem) => {
    const file = join(folder, 'destinations.json');
    writeFileSync(file, JSON.stringify(records));
    const ended = startService(MAIN, { PORT: '0', DATA_DIR: folder, DESTINATIONS_FILE: file });
    await expect(ended).rejects.toThrow(new RegExp(`\nherald: DESTINATIONS_FILE: ${problem}\n$`));
  });
});
