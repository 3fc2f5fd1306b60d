/**
 * Who may import whom. This is the whole order; the checks beside this file only read it.
 * ESLint's boundary rule says the same of projects by their tags; here it is said once more by name,
 * because a folder inside a project has no tag.
 */

/**
 * Inside `packages/core/src`: a root file by its name, a folder by its name and `/`. `root` is all root files but the entry
 * points, which may import everything.
 */
export const CORE_ORDER: ReadonlyMap<string, readonly string[]> = new Map([
  ['lib/', []],
  ['errors', []],
  ['options', []],
  ['token', []],
  // Time is taken from timers that a test cannot fake.
  ['clock', ['lib/']],
  ['binding', ['errors']],
  ['body-hash', []],
  ['principal', ['token', 'lib/']],
  ['crypto/', ['lib/']],
  ['signing-keys/', ['errors', 'options', 'lib/', 'crypto/']],
  ['key-store/', ['errors', 'options', 'clock', 'lib/', 'crypto/', 'signing-keys/']],
  ['oauth/', ['errors', 'options', 'clock', 'lib/', 'signing-keys/']],
  ['jwks/', ['errors', 'options', 'clock', 'lib/', 'crypto/', 'oauth/']],
  ['trust/', ['errors', 'options', 'clock', 'token', 'lib/', 'crypto/', 'jwks/', 'oauth/']],
  ['policy/', ['errors', 'principal']],
  ['outbound/', ['root', 'lib/', 'signing-keys/', 'oauth/']],
  ['inbound/', ['root', 'lib/', 'crypto/', 'signing-keys/', 'oauth/', 'jwks/', 'trust/']],
  ['http/', ['root', 'lib/', 'inbound/', 'outbound/', 'policy/']],
]);

/** The entry points of core: what a package exports is gathered here, from anywhere. */
export const CORE_ENTRY_POINTS: ReadonlySet<string> = new Set(['index', 'http', 'adapter', 'rotation']);

/** Between projects: what the sources of a project may import, always by the name of the package. */
export const PROJECT_ORDER: ReadonlyMap<string, readonly string[]> = new Map([
  ['packages/core', []],
  ['packages/nestjs', ['packages/core']],
  ['packages/testing', ['packages/core']],
  ['packages/cli', ['packages/core']],
  ['apps/service-kit', ['packages/core', 'packages/nestjs']],
  ['apps/census', ['packages/core', 'packages/nestjs', 'apps/service-kit']],
  ['apps/herald', ['packages/core', 'packages/nestjs', 'apps/service-kit']],
  ['apps/gateway', ['packages/core', 'packages/nestjs', 'apps/service-kit']],
  ['apps/idp', ['packages/core', 'packages/nestjs', 'apps/service-kit']],
  ['demo', ['packages/core', 'packages/nestjs', 'packages/testing', 'apps/service-kit']],
  ['drill', ['packages/core', 'packages/nestjs']],
  ['bench', ['packages/core', 'packages/nestjs', 'packages/testing']],
]);

/**
 * What a folder must not reach by any chain of imports, types included. Both ends are prefixes of paths. A direct import of
 * `key-store/` can be moved behind a file in between; this is what remains forbidden then.
 */
export const FORBIDDEN_REACH: readonly (readonly [from: string, to: string])[] = [
  ['packages/core/src/outbound/', 'packages/core/src/jwks/'],
  ['packages/core/src/outbound/', 'packages/core/src/trust/'],
  ['packages/core/src/outbound/', 'packages/core/src/key-store/'],
  ['packages/core/src/outbound/', 'packages/core/src/inbound/'],
  ['packages/core/src/inbound/', 'packages/core/src/outbound/'],
  ['packages/core/src/inbound/', 'packages/core/src/key-store/'],
  ['packages/core/src/trust/', 'packages/core/src/key-store/'],
  ['packages/core/src/trust/', 'packages/core/src/inbound/'],
  ['packages/core/src/oauth/', 'packages/core/src/key-store/'],
  ['packages/core/src/http/', 'packages/core/src/key-store/'],
  ['packages/core/src/jwks/', 'packages/core/src/trust/'],
  ['packages/nestjs/src/inbound/', 'packages/nestjs/src/outbound/'],
  ['packages/nestjs/src/outbound/', 'packages/nestjs/src/inbound/'],
  ['packages/nestjs/src/request/', 'packages/nestjs/src/inbound/'],
  ['packages/nestjs/src/request/', 'packages/nestjs/src/outbound/'],
];

/** What tests may import beside what the sources of their project may. */
export const ALSO_IN_TESTS: readonly string[] = ['packages/testing'];

/** A folder of sources holds at most so many files, so that its listing can be read at a glance. */
export const MAX_FILES = 16;

/** No file is longer than this. */
export const MAX_LINES = 300;
