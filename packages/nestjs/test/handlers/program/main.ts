/**
 * Knocks at every handler of applications that are put together in every way, and prints a line of JSON for each of them:
 * of all, or of those that the arguments name. With the URL of a RabbitMQ server among the arguments, RabbitMQ's too.
 */
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { judge } from './judge.js';
import { type Scenarios } from './report.js';
import { GRAPHQL_AT_START } from './scenarios/graphql-at-start.js';
import { HYBRID_APPLICATIONS } from './scenarios/hybrid-applications.js';
import { LATE_HANDLERS } from './scenarios/late-handlers.js';
import { MICROSERVICES } from './scenarios/microservices.js';
import { TWO_APPLICATIONS } from './scenarios/two-applications.js';
import { UNUSUAL_CLASSES } from './scenarios/unusual-classes.js';
import { UNUSUAL_INSTANCES } from './scenarios/unusual-instances.js';

const scenarios: Scenarios = {
  ...HYBRID_APPLICATIONS,
  ...MICROSERVICES,
  ...GRAPHQL_AT_START,
  ...UNUSUAL_CLASSES,
  ...UNUSUAL_INSTANCES,
  ...LATE_HANDLERS,
  ...TWO_APPLICATIONS,
};
const asked = process.argv.slice(2);
const url = asked.find((each) => each.startsWith('amqp:'));
const names = asked.filter((each) => each !== url);
if (url !== undefined) Object.assign(scenarios, (await import('./scenarios/rabbitmq.js')).rabbitmq(url));

const { version } = createRequire(import.meta.url)('@nestjs/core/package.json') as {
  readonly version: string;
};
for (const [name, play] of Object.entries(scenarios)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const problems = judge(await play(), Number.parseInt(version, 10));
  process.stdout.write(`${JSON.stringify({ name, problems })}\n`);
}
