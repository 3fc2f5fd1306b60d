import { type RequestListener } from 'node:http';
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { authorize, CountersignError, createVerifier, type Verifier } from '@countersign/core';
import {
  createCountersign,
  newInstance,
  RequestStates,
  scopes,
  SentRequest,
  toFaultAnswer,
  type RawRequest,
} from '@countersign/core/http';
import { CountersignModule, CurrentPrincipal, Scopes, type Principal } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import express, { type ErrorRequestHandler } from 'express';

export const ORDER = 'https://order.service/';
export const MAX_BODY_BYTES = 4096;

/** What a handler received: it ran. */
export interface Received {
  readonly caller: string;
  readonly body: unknown;
}

export interface ServerlessApplication {
  readonly listener: RequestListener;
  close(): Promise<void>;
}

interface Kind {
  readonly name: string;
  /** @param note is told of each handler that runs. */
  readonly create: (herald: TestIssuer, note: (received: Received) => void) => Promise<ServerlessApplication>;
}

const REQUIRED = [{ kind: 'scope', anyOf: ['order:write'] }] as const;

/** Applications of three frameworks that guard `GET /order` and `POST /order`. */
export const APPLICATIONS: readonly Kind[] = [
  { name: 'a service on plain Node', create: plainService },
  { name: 'an Express application', create: expressApplication },
  { name: 'a Nest application', create: nestApplication },
];

function inbound(herald: TestIssuer) {
  const verifier = createVerifier({ service: ORDER, trust: [trustIn(herald)] });
  return { verifier, states: new RequestStates({ verifier, maxBodyBytes: MAX_BODY_BYTES }) };
}

function trustIn(herald: TestIssuer) {
  return herald.trustRecord({ scopes: ['order:write'] });
}

async function judge(verifier: Verifier, states: RequestStates, request: RawRequest): Promise<string> {
  const authentication = await verifier.authenticate(new SentRequest(states.required(request)));
  authorize(authentication.principal, REQUIRED);
  await verifier.useOnce(authentication);
  return authentication.principal.caller.name;
}

function refusal(fault: unknown): {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
} {
  if (!(fault instanceof CountersignError)) throw fault;
  const how = { service: ORDER, instance: newInstance(), thrownByHandler: false };
  const { status, headers, problem } = toFaultAnswer(fault, how);
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
    body: JSON.stringify(problem),
  };
}

async function plainService(
  herald: TestIssuer,
  note: (received: Received) => void,
): Promise<ServerlessApplication> {
  const countersign = await createCountersign({
    service: ORDER,
    trust: [trustIn(herald)],
    maxBodyBytes: MAX_BODY_BYTES,
    decisions: { record: () => undefined },
  });
  const listener = countersign.handle(scopes('order:write'), (request, response, { caller }) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      note({ caller: caller.name, body: Buffer.concat(chunks).toString('latin1') });
      response.end('{}');
    });
  });
  return { listener, close: () => countersign.close() };
}

function expressApplication(
  herald: TestIssuer,
  note: (received: Received) => void,
): Promise<ServerlessApplication> {
  const { verifier, states } = inbound(herald);
  const app = express();
  app.use((request, response, next) => {
    states.enter(request, response, next);
  });
  app.use(express.raw({ type: '*/*' }));
  app.all('/order', async (request, response) => {
    const caller = await judge(verifier, states, request);
    const body: unknown = request.body;
    note({ caller, body: Buffer.isBuffer(body) ? body.toString('latin1') : '' });
    response.json({});
  });
  const answerFault: ErrorRequestHandler = (fault: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(fault);
      return;
    }
    const { status, headers, body } = refusal(fault);
    response.writeHead(status, headers);
    response.end(body);
  };
  app.use(answerFault);
  return Promise.resolve({ listener: app, close: () => Promise.resolve() });
}

async function nestApplication(
  herald: TestIssuer,
  note: (received: Received) => void,
): Promise<ServerlessApplication> {
  @Controller('order')
  @Scopes('order:write')
  class OrderController {
    @Get()
    list(@CurrentPrincipal() { caller }: Principal) {
      note({ caller: caller.name, body: '' });
      return {};
    }

    @Post()
    create(@CurrentPrincipal() { caller }: Principal, @Body() body: unknown) {
      note({
        caller: caller.name,
        body: Buffer.isBuffer(body) ? body.toString('latin1') : JSON.stringify(body),
      });
      return {};
    }
  }

  @Module({
    imports: [
      CountersignModule.forRoot({
        service: ORDER,
        trust: [trustIn(herald)],
        maxBodyBytes: MAX_BODY_BYTES,
        decisions: { record: () => undefined },
      }),
    ],
    controllers: [OrderController],
  })
  class OrderModule {}

  const adapter = new ExpressAdapter();
  const nest = await NestFactory.create(OrderModule, adapter, { logger: false, abortOnError: false });
  await nest.init();
  return { listener: adapter.getInstance<RequestListener>(), close: () => nest.close() };
}
