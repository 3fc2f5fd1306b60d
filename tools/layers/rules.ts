/**
 * Who may import whom. This is the whole order; the checks beside this file only read it.
 * ESLint's boundary rule says the same of projects by their tags; here it is said once more by name,
 * because a folder inside a project has no tag.
 */

/** Inside `packages/core/src`: a root file by its name, a folder by its name and `/`. `root` is all root files. */
export const CORE_ORDER: ReadonlyMap<string, readonly string[]> = new Map([
  ['errors', []],
  ['clock', []],
  ['timers', []],
  ['awaitable', []],
  ['bounded-map', []],
  ['fixed-set', []],
  ['normal-uri', []],
  ['passing-octets', []],
  ['transaction-id', []],
  ['token', []],
  ['options', []],
  ['binding', ['errors']],
  ['principal', ['token', 'fixed-set', 'transaction-id']],
  ['oauth-client', ['options']],
  // The clock imports nothing, and a key set has an age.
  [
    'keys/',
    [
      ...['token', 'errors', 'options', 'clock', 'timers', 'awaitable', 'bounded-map', 'fixed-set'],
      ...['normal-uri', 'passing-octets', 'oauth-client'],
    ],
  ],
  ['policy/', ['errors', 'principal']],
  ['outbound/', ['root', 'keys/']],
  // To ask an issuer about a token is an outgoing call, made for an incoming one.
  ['introspection/', ['root', 'keys/', 'outbound/']],
  ['inbound/', ['root', 'keys/', 'introspection/']],
  ['index', ['root', 'keys/', 'policy/', 'introspection/', 'inbound/', 'outbound/']],
]);

/** Between projects: what the sources of a project may import, always by the name of the package. */
export const PROJECT_ORDER: ReadonlyMap<string, readonly string[]> = new Map([
  ['packages/core', []],
  ['packages/nestjs', ['packages/core']],
  ['packages/express', ['packages/core']],
  ['packages/redis', ['packages/core']],
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

/** What tests may import beside what the sources of their project may. */
export const ALSO_IN_TESTS: readonly string[] = ['packages/testing'];

/** No file is longer than this. */
export const MAX_LINES = 300;
