import { createRequire } from 'node:module';
import { availableParallelism, cpus, release, type } from 'node:os';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GUARDS } from './guards/guards.js';
import { canPin } from './processes.js';
import { type Machine } from './results/results.js';

/** What this run is measured on. */
export function describeMachine({ load, awake }: Pick<Machine, 'load' | 'awake'>): Machine {
  return {
    node: process.versions.node,
    openssl: process.versions.openssl,
    cpu: cpus()[0]?.model.trim() ?? 'an unknown processor',
    cores: availableParallelism(),
    system: `${type()} ${release()}`,
    pinned: canPin,
    awake,
    load,
  };
}

const ALSO = ['@nestjs/core', 'jwks-rsa', '@nestjs/passport', 'express', 'fastify', 'get-jwks', 'passport'];

/** The installed versions of the peers and of the framework. */
export function installedVersions(): Readonly<Record<string, string>> {
  const names = [...new Set([...GUARDS.flatMap((guard) => guard.package ?? []), ...ALSO])];
  return Object.fromEntries(names.map((name) => [name, versionOf(name)]));
}

/** Not every package lets its package.json be imported: it is looked for where Node would look for the package. */
function versionOf(name: string): string {
  const require = createRequire(import.meta.url);
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as {
        version: string;
      };
      return version;
    } catch {
      // Not in this folder; the next one is further up.
    }
  }
  return `not found from ${dirname(import.meta.url)}`;
}
