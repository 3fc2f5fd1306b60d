import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { play } from './play.js';

/** Below the repository, so that Node finds what is installed there. */
const BELOW_REPOSITORY = fileURLToPath(new URL('../../../../dist/', import.meta.url));

await mkdir(BELOW_REPOSITORY, { recursive: true });
const folder = await mkdtemp(join(BELOW_REPOSITORY, 'every-handler-'));
await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
const verdicts = await play(folder).finally(() => rm(folder, { recursive: true, force: true }));

describe('on Nest 12 every handler that is not public is closed to strangers, and every public one open', () => {
  it.each(verdicts)('$name', ({ problems }) => {
    expect(problems).toEqual([]);
  });
});
