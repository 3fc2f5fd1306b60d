/**
 * The tests of the packages run on Nest 12. Here the same applications are put together from the packed packages and Nest 11, and
 * with `@golevelup/nestjs-rabbitmq`, which does not support Nest 12 yet, on a real RabbitMQ server.
 */
import { play } from '../packages/nestjs/test/handlers/play.js';
import { createConsumer, packAll } from './pack/consumer.js';

const NEST = [
  'common',
  'core',
  'platform-express',
  'platform-fastify',
  'passport',
  'microservices',
  'websockets',
  'platform-ws',
];
const OTHERS = [
  '@apollo/server@^5',
  '@as-integrations/express5@^1',
  '@as-integrations/fastify@^3',
  '@golevelup/nestjs-rabbitmq@^9',
  '@grpc/grpc-js@^1',
  '@grpc/proto-loader@^0.8',
  '@nestjs/apollo@^13',
  '@nestjs/event-emitter@^3',
  '@nestjs/graphql@^13',
  '@nestjs/mercurius@^13',
  '@nestjs/schedule@^6',
  'amqplib@^2',
  'graphql@^16',
  'mercurius@^16',
  'ws@^8',
];

const packed = await packAll();
const consumer = await createConsumer('module', [
  ...packed.tarballs.filter(({ name }) => name !== '@countersign/cli').map(({ path }) => path),
  ...NEST.map((name) => `@nestjs/${name}@^11`),
  ...OTHERS,
]);
const verdicts = await play(consumer.folder, process.env['AMQP_URL'] ?? '').finally(() =>
  Promise.all([consumer.close(), packed.close()]),
);

describe('on Nest 11 every handler that is not public is closed to strangers, and every public one open', () => {
  it.each(verdicts)('$name', ({ problems }) => {
    expect(problems).toEqual([]);
  });
});

it('RabbitMQ was among them', () => {
  expect(verdicts.filter(({ name }) => name.startsWith('RabbitMQ'))).toHaveLength(3);
});
