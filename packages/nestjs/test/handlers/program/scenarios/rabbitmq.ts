import { randomUUID } from 'node:crypto';
import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { RabbitMQModule } from '@golevelup/nestjs-rabbitmq';
import { connect } from 'amqplib';
import { type DecisionRecord } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { countersign, rootOf, VARIANTS } from '../application/put-together.js';
import { EXCHANGE, queueOf, RABBIT_KINDS, rabbitHandlers } from '../application/rabbit-handlers.js';
import { takeReached, untilReached, type Variant } from '../application/reached.js';
import { type Report, type Scenarios } from '../report.js';

type Root = ReturnType<typeof rootOf>;

const SILENT = { logger: false, abortOnError: false } as const;

/** @param url of a real server. */
export function rabbitmq(url: string): Scenarios {
  return {
    'RabbitMQ handlers of an application': async () =>
      publishToAll(url, async (root) =>
        (await NestFactory.create(root, new ExpressAdapter(), SILENT)).init(),
      ),
    'RabbitMQ handlers of an application context': async () =>
      publishToAll(url, async (root) => NestFactory.createApplicationContext(root, SILENT)),
    'RabbitMQ handlers that are exempt': async () => {
      const start = async (root: Root) => NestFactory.createApplicationContext(root, SILENT);
      return { ...(await publishToAll(url, start, 'exempt')), open: ['none'] };
    },
  };
}

/**
 * One message for each handler. When each was tried, the application stops, and the queues show which messages were taken and
 * which are still there.
 */
async function publishToAll(
  url: string,
  start: (root: Root) => Promise<INestApplicationContext>,
  exempt?: 'exempt',
): Promise<Report> {
  const run = randomUUID();
  const queues = VARIANTS.flatMap((variant) =>
    RABBIT_KINDS.map((kind) => ({ variant, kind, queue: queueOf(run, variant, kind) })),
  );
  const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const refusals = new Refusals();
  const undecorated = rabbitHandlers(run, 'none');
  const root = rootOf({
    imports: [
      countersign(herald, {
        decisions: refusals,
        exempt: exempt === undefined ? [] : [{ controller: undecorated, as: 'public' }],
      }),
      RabbitMQModule.forRoot({ uri: url }),
    ],
    providers: [
      undecorated,
      ...VARIANTS.filter((variant) => variant !== 'none').map((variant) => rabbitHandlers(run, variant)),
    ],
  });
  const broker = await connect(url);
  const channel = await broker.createConfirmChannel();
  try {
    const application = await start(root);
    takeReached();
    for (const { queue } of queues) channel.publish(EXCHANGE, queue, Buffer.from('{}'));
    await channel.waitForConfirms();
    const open: readonly Variant[] =
      exempt === undefined ? ['public', 'throws'] : ['public', 'throws', 'none'];
    await untilReached(...open.flatMap((variant) => RABBIT_KINDS.map((kind) => `${variant}.${kind}`)));
    await refusals.until(queues.length - open.length * RABBIT_KINDS.length);
    await application.close();
    const problems: string[] = [];
    for (const { variant, kind, queue } of queues) {
      const { messageCount } = await channel.assertQueue(queue);
      const isTaken = variant !== 'throws' && open.includes(variant);
      if (messageCount !== (isTaken ? 0 : 1))
        problems.push(`${variant}.${kind} left ${String(messageCount)} messages in its queue`);
      await channel.deleteQueue(queue);
    }
    const reached = takeReached();
    for (const name of open.filter((variant) => variant !== 'throws')) {
      for (const kind of RABBIT_KINDS)
        if (reached[`${name}.${kind}`] !== 1) problems.push(`${name}.${kind} did not run once`);
    }
    return { knocks: [], reached, problems };
  } finally {
    await broker.close();
    await herald.close();
  }
}

/** Which handlers were refused. */
class Refusals {
  readonly #refused = new Set<string | undefined>();
  #wake: () => void = () => undefined;

  record({ decision, code, route }: DecisionRecord): void {
    if (decision === 'refused' && code === 'transport_unsupported') this.#refused.add(route);
    this.#wake();
  }

  async until(handlers: number): Promise<void> {
    while (this.#refused.size < handlers) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
