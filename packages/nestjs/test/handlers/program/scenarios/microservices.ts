import { type INestApplication, type ModuleMetadata, Scope } from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { type MicroserviceOptions } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { WsAdapter } from '@nestjs/platform-ws';
import { TestIssuer } from '@countersign/testing';
import { freePort } from '../application/free-port.js';
import {
  countersign,
  everyHandler,
  grpc,
  hosting,
  modulesFor,
  originOf,
  rootOf,
  tcp,
  VARIANTS,
} from '../application/put-together.js';
import { takeReached } from '../application/reached.js';
import { type Report, type Scenarios } from '../report.js';
import { type Knock } from '../strangers/knock.js';
import { knockOverGrpc } from '../strangers/over-grpc.js';
import { knockOverHttp } from '../strangers/over-http.js';
import { knockOverMessages } from '../strangers/over-messages.js';
import { knockOverWebSocket } from '../strangers/over-websocket.js';

const SILENT = { logger: false, abortOnError: false } as const;

export const MICROSERVICES: Scenarios = {
  'NestFactory.createMicroservice over TCP, with gateways': async () => {
    const ports = { tcp: await freePort(), gateway: await freePort() };
    return alone(tcp(ports.tcp), hosting(everyHandler(VARIANTS, ports.gateway)), async () =>
      (
        await Promise.all([
          knockOverMessages(ports.tcp, VARIANTS),
          knockOverWebSocket(ports.gateway, VARIANTS),
        ])
      ).flat(),
    );
  },
  'NestFactory.createMicroservice over gRPC, with instances for each request': async () => {
    const port = await freePort();
    const { controllers } = everyHandler(VARIANTS, await freePort(), Scope.REQUEST);
    return alone(grpc(port), { controllers }, async () => knockOverGrpc(port, VARIANTS, true));
  },
  'microservices that are initialised later': async () =>
    connected({ undecorated: 'authenticated', deferInitialization: true }),
  'microservices that are started before the application, which then refuses to start': async () =>
    connected({ undecorated: 'refuse', isKnockedEarly: true }),
  'a lazy module that is loaded before microservices are connected': async () =>
    connected({ undecorated: 'authenticated', loaded: 'before microservices are connected' }),
  'a lazy module that is loaded before microservices are initialised': async () =>
    connected({
      undecorated: 'authenticated',
      loaded: 'after microservices are connected',
      deferInitialization: true,
    }),
};

async function alone(
  options: MicroserviceOptions,
  handlers: ModuleMetadata,
  knock: () => Promise<readonly Knock[]>,
): Promise<Report> {
  const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const root = rootOf({ imports: [countersign(herald, { undecorated: 'authenticated' })], ...handlers });
  const application = await NestFactory.createMicroservice<MicroserviceOptions>(root, {
    ...SILENT,
    ...options,
  });
  try {
    application.useWebSocketAdapter(new WsAdapter());
    await application.listen();
    takeReached();
    return { knocks: await knock(), reached: takeReached() };
  } finally {
    await application.close();
    await herald.close();
  }
}

interface Connected {
  readonly undecorated: 'refuse' | 'authenticated';
  readonly deferInitialization?: boolean;
  /** When the module with the handlers is loaded, unless the root module has them. */
  readonly loaded?: 'before microservices are connected' | 'after microservices are connected';
  /** Whether strangers come while the microservices have been started and the application has not. */
  readonly isKnockedEarly?: boolean;
}

async function connected(how: Connected): Promise<Report> {
  const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const ports = { tcp: await freePort(), grpc: await freePort() };
  const handlers = everyHandler(VARIANTS, await freePort());
  const { controllers } = handlers;
  const everything = { imports: modulesFor(VARIANTS, 'apollo'), ...hosting(handlers) };
  const root = rootOf({
    imports: [
      countersign(herald, { undecorated: how.undecorated }),
      // Nest initialises everything else once for each microservice that it initialises later.
      ...(how.isKnockedEarly === true ? [{ module: class Feature {}, ...everything }] : []),
    ],
    ...(how.isKnockedEarly !== true && how.loaded === undefined && { controllers }),
  });
  const application = await NestFactory.create(root, new ExpressAdapter(), SILENT);
  const load = async () =>
    application.get(LazyModuleLoader).load(() => ({ module: class Lazy {}, controllers }), { logger: false });
  const knock = async () =>
    Promise.all([knockOverMessages(ports.tcp, VARIANTS), knockOverGrpc(ports.grpc, VARIANTS, false)]);
  const { deferInitialization = false } = how;
  try {
    application.useWebSocketAdapter(new WsAdapter(application));
    if (how.loaded === 'before microservices are connected') await load();
    application.connectMicroservice(tcp(ports.tcp), { deferInitialization });
    application.connectMicroservice(grpc(ports.grpc), { deferInitialization });
    if (how.loaded === 'after microservices are connected') await load();
    takeReached();
    await application.startAllMicroservices();
    const early = how.isKnockedEarly === true ? await knock() : [];
    const problems = await startProblems(application, how);
    if (how.isKnockedEarly === true) return { knocks: early.flat(), reached: takeReached(), problems };
    const knocks = [...(await knock()), await knockOverHttp(originOf(application), VARIANTS)];
    return { knocks: knocks.flat(), reached: takeReached(), problems };
  } finally {
    await application.close();
    await herald.close();
  }
}

/** Where undecorated handlers are refused, the application does not start, and says which they are. */
async function startProblems(
  application: INestApplication,
  { undecorated }: Connected,
): Promise<readonly string[]> {
  try {
    await application.listen(0, '127.0.0.1');
    return undecorated === 'refuse' ? ['the application started with handlers that state nothing'] : [];
  } catch (error) {
    const said = String(error);
    const missing = UNDECORATED.filter((handler) => !said.includes(handler));
    return undecorated === 'refuse'
      ? missing.map((handler) => `${handler} is not listed: ${said}`)
      : [`the application did not start: ${said}`];
  }
}

const UNDECORATED = [
  'Gateway#frame',
  ...['query', 'mutation', 'subscription', 'field'].map((name) => `GraphqlHandlers#${name}`),
  ...['route', 'sse'].map((name) => `HttpHandlers#${name}`),
  ...['message', 'later', 'event'].map((name) => `MessageHandlers#${name}`),
  ...['unary', 'download', 'stream', 'collect', 'call', 'upload'].map((name) => `GrpcHandlers#${name}`),
];
