/** @jest-config-loader esbuild-register */
import { join } from 'node:path';
import type { Config } from 'jest';
import { shared } from '../../jest.config';

/** The packed packages in services that are bundled, compiled and installed in every usual way. */
const config: Config = {
  testTimeout: 180_000,
  verbose: true,
  projects: [
    {
      ...shared,
      displayName: 'bundles',
      rootDir: join(__dirname, '..'),
      testMatch: ['<rootDir>/*.bundles-spec.ts'],
    },
  ],
};

export default config;
