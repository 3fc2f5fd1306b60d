import { type DynamicModule, type INestApplication, type ModuleMetadata, Scope } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost, NestFactory, RouterModule } from '@nestjs/core';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { FaultFilter } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { freePort } from '../application/free-port.js';
import { HouseStyleFilter } from '../application/house-style.filter.js';
import {
  countersign,
  everyHandler,
  grpc,
  hosting,
  modulesFor,
  originOf,
  rootOf,
  SERVICE,
  tcp,
  VARIANTS,
  type EveryHandler,
  type FieldEnhancers,
  type Graphql,
} from '../application/put-together.js';
import { takeReached, untilReached } from '../application/reached.js';
import { type Report, type Scenarios } from '../report.js';
import { knockOverGrpc } from '../strangers/over-grpc.js';
import { knockOverGraphql, knockOverHttp } from '../strangers/over-http.js';
import { knockOverMessages } from '../strangers/over-messages.js';
import { knockOverWebSocket, knockWithSubscription } from '../strangers/over-websocket.js';

/** One of the ways in which Nest puts an application together that answers everything. */
interface Way {
  readonly adapter: 'express' | 'fastify';
  readonly graphql: Graphql;
  readonly inheritAppConfig: boolean;
  readonly scope?: Scope;
  /** Below which the routes are. */
  readonly path?: string;
  readonly prepare?: (application: INestApplication) => void;
  /** Puts the handlers into modules. Default: all into one. */
  readonly arrange?: (handlers: EveryHandler) => DynamicModule[];
  /** Whether the classes that state nothing are exempt, as public. */
  readonly exempt?: boolean;
  readonly countersign?: 'left out';
  /** Default: what Countersign asks for. */
  readonly fieldEnhancers?: FieldEnhancers;
}

const ADAPTERS: Readonly<Record<Way['adapter'], () => AbstractHttpAdapter>> = {
  express: () => new ExpressAdapter(),
  fastify: () => new FastifyAdapter(),
};

function featureOf(parts: ModuleMetadata): DynamicModule {
  return { module: class Feature {}, ...parts };
}

export const HYBRID_APPLICATIONS: Scenarios = {
  'Express, Apollo, microservices that inherit nothing': async () =>
    knockEverywhere({ adapter: 'express', graphql: 'apollo', inheritAppConfig: false }),
  'Fastify, Mercurius, microservices that inherit the configuration': async () =>
    knockEverywhere({ adapter: 'fastify', graphql: 'mercurius', inheritAppConfig: true }),
  "Fastify, Apollo, a global prefix, a global guard of the application's own": async () =>
    knockEverywhere({
      adapter: 'fastify',
      graphql: 'apollo',
      inheritAppConfig: false,
      path: '/api',
      prepare: (application) =>
        void application.setGlobalPrefix('api').useGlobalGuards({ canActivate: () => true }),
    }),
  'instances for each request, microservices that inherit nothing': async () =>
    knockEverywhere({
      adapter: 'express',
      graphql: 'apollo',
      inheritAppConfig: false,
      scope: Scope.REQUEST,
    }),
  'instances for each request, microservices that inherit the configuration': async () =>
    knockEverywhere({
      adapter: 'fastify',
      graphql: 'mercurius',
      inheritAppConfig: true,
      scope: Scope.REQUEST,
    }),
  RouterModule: async () =>
    knockEverywhere({
      adapter: 'express',
      graphql: 'apollo',
      inheritAppConfig: false,
      path: '/routed',
      arrange: (handlers) => {
        const feature = featureOf(hosting(handlers));
        return [feature, RouterModule.register([{ path: 'routed', module: feature.module }])];
      },
    }),
  'two modules with the same classes': async () =>
    knockEverywhere({
      adapter: 'express',
      graphql: 'apollo',
      inheritAppConfig: false,
      arrange: (handlers) => [
        featureOf(hosting(handlers)),
        featureOf({ controllers: handlers.controllers, providers: handlers.resolvers }),
      ],
    }),
  'gateways under another token, resolvers by a factory and as values': async () =>
    knockEverywhere({
      adapter: 'express',
      graphql: 'apollo',
      inheritAppConfig: false,
      arrange: ({ controllers, resolvers, gateways, triggers }) => [
        featureOf({
          controllers,
          providers: [
            // Nest connects no gateway that a factory makes.
            ...gateways.map((useClass, index) => ({ provide: `gateway ${String(index)}`, useClass })),
            ...resolvers.map((made, index) => ({
              provide: `resolver ${String(index)}`,
              ...(index % 2 === 0 ? { useFactory: (): unknown => new made() } : { useValue: new made() }),
            })),
            ...triggers,
          ],
        }),
      ],
    }),
  'a filter of the house that hands on what is not HTTP': async () =>
    knockEverywhere({
      adapter: 'express',
      graphql: 'apollo',
      inheritAppConfig: true,
      prepare: (application) =>
        void application.useGlobalFilters(
          new HouseStyleFilter(application.get(HttpAdapterHost), application.get(FaultFilter)),
        ),
    }),
  'classes of third parties that are exempt': async () => {
    const report = await knockEverywhere({
      adapter: 'express',
      graphql: 'apollo',
      inheritAppConfig: false,
      exempt: true,
    });
    return { ...report, open: ['none'] };
  },
  'no CountersignModule at all': async () => {
    const report = await knockEverywhere({
      adapter: 'express',
      graphql: 'apollo',
      inheritAppConfig: false,
      countersign: 'left out',
    });
    return { ...report, open: ['none'], says: ['config_invalid', 'Internal server error'] };
  },
  'no CountersignModule at all, and no guard before fields of GraphQL, which alone are open': async () => {
    const report = await knockEverywhere({
      adapter: 'express',
      graphql: 'apollo',
      inheritAppConfig: false,
      countersign: 'left out',
      fieldEnhancers: [],
    });
    const isNoField = ([name]: readonly [string, number]) => !name.endsWith('.field');
    return {
      knocks: report.knocks.filter(({ kind }) => kind !== 'field'),
      reached: Object.fromEntries(Object.entries(report.reached).filter(isNoField)),
      open: ['none'],
      says: ['config_invalid', 'Internal server error'],
    };
  },
};

async function knockEverywhere(way: Way): Promise<Report> {
  // Without the module nobody hides what handlers throw.
  const variants = way.countersign === 'left out' ? WITHOUT_MODULE : VARIANTS;
  const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const ports = { tcp: await freePort(), grpc: await freePort(), gateway: await freePort() };
  const application = await NestFactory.create(rootFor(way, herald, ports.gateway), ADAPTERS[way.adapter](), {
    logger: false,
    abortOnError: false,
  });
  const { inheritAppConfig } = way;
  try {
    application.useWebSocketAdapter(new WsAdapter(application));
    way.prepare?.(application);
    application.connectMicroservice(tcp(ports.tcp), { inheritAppConfig });
    application.connectMicroservice(grpc(ports.grpc), { inheritAppConfig });
    await application.startAllMicroservices();
    await application.listen(0, '127.0.0.1');
    takeReached();
    const origin = originOf(application);
    const routes = origin + (way.path ?? '');
    const withoutScope = await herald.token({ audience: SERVICE });
    const knocks = await Promise.all([
      knockOverHttp(routes, variants),
      knockOverHttp(routes, ['method', 'class'], withoutScope),
      knockOverGraphql(`${origin}/graphql`, variants),
      knockOverGraphql(`${origin}/graphql`, variants, withoutScope),
      knockWithSubscription(`${origin}/graphql`, variants),
      knockOverMessages(ports.tcp, variants),
      knockOverGrpc(ports.grpc, variants, inheritAppConfig),
      knockOverWebSocket(ports.gateway, variants),
    ]);
    application.get(EventEmitter2).emit('something');
    await untilReached(
      ...['method', 'class', 'none'].flatMap((variant) => [`${variant}.cron`, `${variant}.listener`]),
    );
    return { knocks: knocks.flat(), reached: takeReached() };
  } finally {
    await application.close();
    await herald.close();
  }
}

function rootFor(way: Way, herald: TestIssuer, gatewayPort: number): DynamicModule {
  const handlers = everyHandler(VARIANTS, gatewayPort, way.scope);
  const undecorated = everyHandler(['none'], gatewayPort, way.scope);
  const others = everyHandler(OTHERS, gatewayPort, way.scope);
  const exempt = [...undecorated.controllers, ...undecorated.resolvers, ...undecorated.gateways];
  const options = {
    undecorated: 'authenticated',
    exempt: way.exempt === true ? exempt.map((controller) => ({ controller, as: 'public' as const })) : [],
  } as const;
  const arranged =
    way.exempt === true ? [featureOf(hosting(undecorated)), featureOf(hosting(others))] : undefined;
  return rootOf({
    imports: [
      ...(way.countersign === 'left out' ? [] : [countersign(herald, options)]),
      ...modulesFor(VARIANTS, way.graphql, way.fieldEnhancers),
      ...(arranged ?? way.arrange?.(handlers) ?? [featureOf(hosting(handlers))]),
    ],
  });
}

const OTHERS = VARIANTS.filter((variant) => variant !== 'none');
const WITHOUT_MODULE = VARIANTS.filter((variant) => variant !== 'throws');
