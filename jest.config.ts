/** @jest-config-loader esbuild-register */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from 'jest';

const swc = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
    keepClassNames: true,
  },
  sourceMaps: 'inline',
};

/** What every project's tests share: TypeScript and ESM sources, read through the `@countersign/source` condition. */
export const shared: Config = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@countersign/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // jwks-rsa is CommonJS and requires jose, which is ESM only: Jest on Node 20 needs jose transformed, Jest on Node 24
  // needs it loaded before a test imports both.
  setupFiles: [join(__dirname, 'tools/jest/load-jose.mjs')],
  transform: {
    '\\.ts$': ['@swc/jest', { ...swc, module: { type: 'es6' } }],
    '/node_modules/jose/.+\\.js$': ['@swc/jest', { jsc: { target: 'es2022' } }],
  },
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
};

const folders = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(join(__dirname, parent))
    .map((name) => join(parent, name))
    .filter((folder) => existsSync(join(__dirname, folder, 'test'))),
);

const config: Config = {
  testTimeout: 180_000,
  // Jest leaves one processor free unless told otherwise, and so takes twice as long where there are two.
  maxWorkers: '100%',
  projects: [...folders, 'demo', 'drill', 'bench', 'conformance'].map((folder) => ({
    ...shared,
    displayName: folder.split('/').at(-1) ?? folder,
    rootDir: join(__dirname, folder),
    testMatch: ['<rootDir>/test/**/*.(spec|e2e-spec).ts'],
  })),
};

export default config;
