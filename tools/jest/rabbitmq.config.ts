/** @jest-config-loader esbuild-register */
import { join } from 'node:path';
import type { Config } from 'jest';
import { shared } from '../../jest.config';

if (!process.env['AMQP_URL']) {
  throw new Error('test:rabbitmq needs AMQP_URL, with a user that may declare queues');
}

/** The tests that need a RabbitMQ server. */
const config: Config = {
  testTimeout: 180_000,
  projects: [
    {
      ...shared,
      displayName: 'rabbitmq',
      rootDir: join(__dirname, '..'),
      testMatch: ['<rootDir>/*.rabbitmq-spec.ts'],
    },
  ],
  passWithNoTests: false,
};

export default config;
