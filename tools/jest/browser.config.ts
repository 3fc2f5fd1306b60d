/** @jest-config-loader esbuild-register */
import { existsSync } from 'node:fs';
import type { Config } from 'jest';
import everything from '../../jest.config';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
if (!existsSync(CHROMIUM)) {
  throw new Error(`test:browser needs Chromium at ${CHROMIUM}, or its path in CHROMIUM`);
}

/** The tests that need a real browser: the page of the gateway, with all services behind it. */
const config: Config = {
  testTimeout: 180_000,
  projects: (everything.projects ?? []).flatMap((project) =>
    typeof project === 'string' ? [] : [{ ...project, testMatch: ['<rootDir>/test/**/*.browser-spec.ts'] }],
  ),
  passWithNoTests: false,
};

export default config;
