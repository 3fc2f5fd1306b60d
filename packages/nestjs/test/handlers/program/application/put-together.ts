import { type AddressInfo } from 'node:net';
import {
  Scope,
  type DynamicModule,
  type INestApplication,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { GraphQLModule } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { type GrpcOptions, type TcpOptions, Transport } from '@nestjs/microservices';
import { ScheduleModule } from '@nestjs/schedule';
import { CountersignModule, type CountersignOptions } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { gateway } from './gateway.js';
import { grpcController, grpcPackage } from './grpc.controller.js';
import { httpController } from './http.controller.js';
import { messageController } from './message.controller.js';
import { type Variant } from './reached.js';
import { graphqlSchema, resolver } from './resolver.js';
import { triggers } from './triggers.js';

export const SERVICE = 'https://census.service/';

export const VARIANTS: readonly Variant[] = ['method', 'class', 'none', 'public', 'throws'];

/** Classes with handlers. */
export interface EveryHandler {
  readonly controllers: Type[];
  readonly resolvers: Type[];
  readonly gateways: Type[];
  readonly triggers: Type[];
}

/** One handler of each kind, in each variant. */
export function everyHandler(
  variants: readonly Variant[],
  gatewayPort: number,
  scope: Scope = Scope.DEFAULT,
): EveryHandler {
  const sets = variants.map((variant) => ({ variant, scope }));
  return {
    controllers: sets.flatMap((set) => [httpController(set), messageController(set), grpcController(set)]),
    resolvers: sets.map(resolver),
    // Nest 11 has no gateway that lives as long as a message.
    gateways: sets.map((set) => gateway({ ...set, scope: Scope.DEFAULT }, gatewayPort)),
    triggers: sets.filter(({ variant }) => variant !== 'throws').map(triggers),
  };
}

/** As a module usually names them. */
export function hosting({ controllers, resolvers, gateways, triggers }: EveryHandler): ModuleMetadata {
  return { controllers, providers: [...resolvers, ...gateways, ...triggers] };
}

export type Graphql = 'apollo' | 'mercurius';

/** What Nest lets see the fields of GraphQL: by default nothing does. */
export type FieldEnhancers = readonly ('guards' | 'filters')[];

/** The modules that the handlers need beside Countersign. */
export function modulesFor(
  variants: readonly Variant[],
  graphql: Graphql,
  fieldEnhancers: FieldEnhancers = ['guards', 'filters'],
): DynamicModule[] {
  const common = { typeDefs: graphqlSchema(variants) };
  return [
    ScheduleModule.forRoot(),
    EventEmitterModule.forRoot(),
    graphql === 'apollo'
      ? GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          ...common,
          fieldResolverEnhancers: [...fieldEnhancers],
          subscriptions: { 'graphql-ws': true },
        })
      : GraphQLModule.forRoot<MercuriusDriverConfig>({
          driver: MercuriusDriver,
          ...common,
          fieldResolverEnhancers: [...fieldEnhancers],
          subscription: true,
        }),
  ];
}

/** The smallest options, with what a scenario changes. */
export function countersign(herald: TestIssuer, changes: Partial<CountersignOptions> = {}): DynamicModule {
  return CountersignModule.forRoot({
    service: SERVICE,
    trust: [herald.trustRecord({ scopes: ['user:read'] })],
    keys: herald.keyStore,
    decisions: { record: () => undefined },
    ...changes,
  });
}

/** A root module made of these parts. */
export function rootOf(parts: ModuleMetadata): DynamicModule {
  return { module: class Root {}, ...parts };
}

export function tcp(port: number): TcpOptions {
  return { transport: Transport.TCP, options: { host: '127.0.0.1', port } };
}

export function grpc(port: number): GrpcOptions {
  return {
    transport: Transport.GRPC,
    options: {
      url: `127.0.0.1:${String(port)}`,
      package: 'handlers',
      packageDefinition: grpcPackage(VARIANTS),
    },
  };
}

export function originOf(application: INestApplication): string {
  const { port } = (application.getHttpServer() as { address(): AddressInfo }).address();
  return `http://127.0.0.1:${String(port)}`;
}
