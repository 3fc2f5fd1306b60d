/**
 * Who may import whom. This is the whole order; the checks beside this file only read it.
 * ESLint's boundary rule says the same of projects by their tags; here it is said once more by name,
 * because a folder inside a project has no tag.
 */

/** The order inside the sources of one project. */
export interface FolderOrder {
  /** What each root file (by its name) and each folder (by its name and `/`) may import, apart from its own folder. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
  /** Root files that gather what the package exports: they may import everything, and nobody imports them. */
  readonly entryPoints: ReadonlySet<string>;
}

const CORE_ROOT_FILES = ['errors', 'options', 'token', 'clock', 'binding', 'body-hash', 'principal'];

const CORE_ORDER: FolderOrder = {
  rows: new Map([
    ['lib/', []],
    ['errors', []],
    ['options', []],
    ['token', []],
    ['clock', []],
    ['binding', []],
    ['body-hash', []],
    ['principal', ['token', 'lib/']],
    ['crypto/', ['lib/']],
    ['signing-keys/', ['errors', 'options', 'lib/', 'crypto/']],
    ['key-store/', ['errors', 'options', 'clock', 'lib/', 'crypto/', 'signing-keys/']],
    ['oauth/', ['errors', 'options', 'clock', 'lib/', 'signing-keys/']],
    ['jwks/', ['errors', 'options', 'clock', 'lib/', 'crypto/', 'oauth/']],
    ['trust/', ['errors', 'options', 'clock', 'token', 'lib/', 'crypto/', 'jwks/', 'oauth/']],
    ['policy/', ['errors', 'principal']],
    ['outbound/', [...CORE_ROOT_FILES, 'lib/', 'signing-keys/', 'oauth/']],
    ['inbound/', [...CORE_ROOT_FILES, 'lib/', 'crypto/', 'signing-keys/', 'oauth/', 'jwks/', 'trust/']],
    [
      'http/',
      ['errors', 'options', 'clock', 'body-hash', 'principal', 'lib/', 'policy/', 'inbound/', 'outbound/'],
    ],
    ['axios/', ['errors', 'options', 'outbound/', 'http/']],
    // prettier-ignore
    ['service/', [
      'errors', 'options', 'clock', 'principal', 'signing-keys/', 'key-store/', 'inbound/', 'outbound/', 'http/',
      'axios/',
    ]],
  ]),
  entryPoints: new Set(['index', 'http', 'adapter', 'axios', 'rotation']),
};

const NEST_ORDER: FolderOrder = {
  rows: new Map([
    ['lib/', []],
    ['countersign.tokens', []],
    ['countersign.extensions', []],
    ['copies', []],
    ['countersign.options', []],
    ['request/', ['lib/', 'countersign.tokens', 'countersign.options']],
    ['faults/', ['countersign.tokens', 'countersign.options', 'request/']],
    ['telemetry/', ['countersign.tokens', 'countersign.options', 'request/']],
    ['keys/', ['lib/', 'countersign.tokens', 'countersign.options', 'telemetry/']],
    ['outbound/', ['lib/', 'countersign.tokens']],
    // prettier-ignore
    ['inbound/', [
      'lib/', 'countersign.tokens', 'countersign.extensions', 'copies', 'countersign.options', 'request/', 'faults/', 'telemetry/',
    ]],
    ['well-known/', ['countersign.tokens', 'countersign.options', 'request/', 'inbound/']],
    // prettier-ignore
    ['countersign.module', [
      'countersign.tokens', 'copies', 'countersign.options', 'request/', 'faults/', 'telemetry/', 'keys/', 'outbound/',
      'inbound/', 'well-known/',
    ]],
    // An application that uses this entry point alone does not load the module.
    ['axios', ['outbound/']],
  ]),
  entryPoints: new Set(['index']),
};

/** The projects whose folders have an order. A source file of theirs that no row names is refused. */
export const FOLDER_ORDERS: ReadonlyMap<string, FolderOrder> = new Map([
  ['packages/core', CORE_ORDER],
  ['packages/nestjs', NEST_ORDER],
]);

/** Between projects: what the sources of a project may import, always by the name of the package. */
export const PROJECT_ORDER: ReadonlyMap<string, readonly string[]> = new Map([
  ['packages/core', []],
  ['packages/nestjs', ['packages/core']],
  ['packages/express', ['packages/core']],
  ['packages/fastify', ['packages/core']],
  ['packages/testing', ['packages/core']],
  ['packages/cli', ['packages/core']],
  ['apps/service-kit', ['packages/core', 'packages/nestjs']],
  ['apps/census', ['packages/core', 'packages/express', 'packages/nestjs', 'apps/service-kit']],
  ['apps/herald', ['packages/core', 'packages/nestjs', 'apps/service-kit']],
  ['apps/gateway', ['packages/core', 'packages/nestjs', 'apps/service-kit']],
  ['apps/idp', ['packages/core', 'packages/nestjs', 'apps/service-kit']],
  ['demo', ['packages/core', 'packages/nestjs', 'packages/testing', 'apps/service-kit']],
  ['drill', ['packages/core', 'packages/nestjs']],
  ['conformance', ['packages/core', 'packages/nestjs', 'packages/express', 'packages/fastify']],
  ['bench', ['packages/core', 'packages/nestjs', 'packages/express', 'packages/fastify', 'packages/testing']],
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

/** Projects without sources: what they may import holds for their tests. */
export const ONLY_TESTS: ReadonlySet<string> = new Set(['conformance']);

/** What tests may import beside what the sources of their project may. */
export const ALSO_IN_TESTS: readonly string[] = ['packages/testing'];

/** A folder of sources holds at most so many files, so that its listing can be read at a glance. */
export const MAX_FILES = 16;

/** No file is longer than this. */
export const MAX_LINES = 300;
