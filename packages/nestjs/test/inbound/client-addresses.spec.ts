import { createServer, type Server } from 'node:http';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Authenticated } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { SERVICE, startApplication, type Application } from '../support/application.js';
import { originOf } from '../support/called-service.js';
import { bearer, send } from '../support/http.js';

@Controller()
class OrderController {
  @Get()
  @Authenticated()
  list() {
    return 'ran';
  }
}

/** An issuer that answers the questions about tokens when a test says so, the oldest first. */
interface HoldingIssuer {
  readonly issuer: string;
  readonly asked: string[];
  answer(): void;
  close(): void;
}

async function startIssuer(): Promise<HoldingIssuer> {
  const asked: string[] = [];
  const held: (() => void)[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push(new URLSearchParams(Buffer.concat(chunks).toString()).get('token') ?? '');
      response.setHeader('content-type', 'application/json');
      held.push(() => response.end(JSON.stringify({ active: false })));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    issuer: originOf(server),
    asked,
    answer: () => held.shift()?.(),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const turnsOfTheLoop = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await turnsOfTheLoop(1);
};

interface Behind {
  readonly name: string;
  readonly adapter: () => AbstractHttpAdapter;
  readonly prepare?: (nest: INestApplication) => void;
}

const TRUSTING: readonly Behind[] = [
  {
    name: 'Express, which trusts the proxy',
    adapter: () => new ExpressAdapter(),
    prepare: (nest) => void (nest as NestExpressApplication).set('trust proxy', 'loopback'),
  },
  { name: 'Fastify, which trusts the proxy', adapter: () => new FastifyAdapter({ trustProxy: 'loopback' }) },
];
const DISTRUSTING: readonly Behind[] = [
  { name: 'Express, which trusts nobody', adapter: () => new ExpressAdapter() },
  { name: 'Fastify, which trusts nobody', adapter: () => new FastifyAdapter() },
];

describe('an opaque token that comes while somebody sends made-up ones on eighty connections', () => {
  let idp: HoldingIssuer;
  let census: TestIssuer;
  let application: Application;
  let arrived = 0;

  afterEach(async () => {
    idp.close();
    await application.close();
    await census.close();
  });

  async function start({ adapter, prepare }: Behind): Promise<void> {
    idp = await startIssuer();
    census = await TestIssuer.start({ issuer: SERVICE });
    arrived = 0;
    const introspection = {
      endpoint: `${idp.issuer}/introspect`,
      clientId: 'census',
      clientAuthentication: 'client_secret_basic',
      clientSecret: 'secretOfCensus',
    } as const;
    application = await startApplication({
      adapter,
      controllers: [OrderController],
      options: {
        service: SERVICE,
        keys: census.keyStore,
        trust: [{ name: 'idp', issuer: idp.issuer, introspection }],
      },
      prepare(nest) {
        nest.use((_request: unknown, _response: unknown, next: () => void) => {
          arrived++;
          next();
        });
        prepare?.(nest);
      },
    });
  }

  const sendFrom = (address: string, token: string) =>
    send(application.origin, { path: '/', headers: [bearer(token), ['X-Forwarded-For', address]] });

  /** How many questions are answered until the good token is asked about. */
  async function answersBefore(good: string, from: string): Promise<number> {
    const sent = Array.from({ length: 80 }, (_, index) =>
      sendFrom('203.0.113.9', `made-up-${String(index)}`),
    );
    await until(() => arrived === 80 && idp.asked.length === 64);
    sent.push(sendFrom(from, good));
    await until(() => arrived === 81);
    await turnsOfTheLoop(50);
    let answers = 0;
    for (; !idp.asked.includes(good); answers++) {
      const { length } = idp.asked;
      idp.answer();
      await until(() => idp.asked.length > length);
    }
    idp.close();
    await Promise.all(sent);
    return answers;
  }

  it.each(TRUSTING)('has the next turn but one over $name', async (behind) => {
    await start(behind);
    expect(await answersBefore('good', '198.51.100.1')).toBe(2);
  });

  it.each(DISTRUSTING)('stands in one line with all that the peer sends over $name', async (behind) => {
    await start(behind);
    expect(await answersBefore('good', '198.51.100.1')).toBe(17);
  });
});
