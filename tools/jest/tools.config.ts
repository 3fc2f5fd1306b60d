/** @jest-config-loader esbuild-register */
import { join } from 'node:path';
import type { Config } from 'jest';
import { shared } from '../../jest.config';

/** The checks of the repository itself: its order, its documentation, its exports and its packed packages. */
const config: Config = {
  testTimeout: 180_000,
  projects: [
    {
      ...shared,
      displayName: 'tools',
      rootDir: join(__dirname, '..'),
      testMatch: ['<rootDir>/*.spec.ts'],
    },
  ],
};

export default config;
