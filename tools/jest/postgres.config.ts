/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';
import everything from '../../jest.config';

if (!process.env['DATABASE_URL']) {
  throw new Error('test:postgres needs DATABASE_URL, with a user that may create databases');
}

/** The tests that need a PostgreSQL server: the contracts that also run on the embedded database. */
const config: Config = {
  testTimeout: 180_000,
  projects: (everything.projects ?? []).flatMap((project) =>
    typeof project === 'string' ? [] : [{ ...project, testMatch: ['<rootDir>/test/**/*.postgres-spec.ts'] }],
  ),
  passWithNoTests: false,
};

export default config;
