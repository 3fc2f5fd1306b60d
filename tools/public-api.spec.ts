/**
 * An export is a promise to other people's programs. The committed lists show in a diff what a change promises
 * more or no longer; `npm run public-api` rewrites them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPublicApis, UNRESOLVED } from './public-api/public-api.js';
import { repositoryRoot } from './repository.js';

describe.each(readPublicApis())('$path', ({ path, text }) => {
  it('names exactly what the entry point exports', () => {
    const committed = join(repositoryRoot, path);
    expect(
      existsSync(committed) ? readFileSync(committed, 'utf8') : 'missing; run `npm run public-api`',
    ).toBe(text);
  });

  it('names nothing that is declared nowhere', () => {
    expect(text.split('\n').filter((line) => line.startsWith(`${UNRESOLVED} `))).toEqual([]);
  });
});

describe('the list of exports', () => {
  const core = readPublicApis()
    .find(({ specifier }) => specifier === '@countersign/core')
    ?.text.trim()
    .split('\n');

  it('tells values from types', () => {
    expect(core).toEqual(
      expect.arrayContaining([
        'class CountersignError',
        'const FAULTS',
        'interface Principal',
        'type FaultCode',
      ]),
    );
  });

  it("is short for core's root: what adapters and tools need has entry points of its own", () => {
    expect(core?.length).toBeLessThanOrEqual(70);
  });
});
