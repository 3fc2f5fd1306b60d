import { type AddressInfo } from 'node:net';
import { Controller, Get, Injectable, type INestApplication, Post, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  Authenticated,
  BodyLimit,
  Callers,
  CountersignModule,
  CurrentPrincipal,
  type HandlerPolicy,
  Policies,
  type Principal,
  Public,
  Roles,
  Scopes,
} from '@countersign/nestjs';
import { type Route } from '../routes.js';
import { type Adapter, type ServiceParts } from './adapter.js';

type Decorator = MethodDecorator;

export const NEST_ADAPTERS: readonly Adapter[] = [
  {
    name: 'Nest on Express',
    sameRoute: ['/read?a=1', '/read#part', 'http://order.service/read', '/READ', '/read/'],
    parses: ['application/json', 'application/x-www-form-urlencoded'],
    parsesFirst: true,
    inflates: true,
    answerToOptions: 404,
    unstatedAtStart: 'policy_missing',
    start: (parts) => start(parts, () => new ExpressAdapter()),
  },
  {
    name: 'Nest on Fastify',
    sameRoute: ['/read?a=1', '/read#part', 'http://order.service/read', '/%72ead'],
    parses: ['application/json', 'application/x-www-form-urlencoded'],
    parsesFirst: true,
    unknownTypes: ['multipart/form-data; boundary=x', 'application/octet-stream'],
    ownBodyLimit: true,
    answerToOptions: 404,
    unstatedAtStart: 'policy_missing',
    start: (parts) => start(parts, () => new FastifyAdapter()),
  },
];

async function start(parts: ServiceParts, adapter: () => ExpressAdapter | FastifyAdapter) {
  const made = parts.routes.map((route) => controllerOf(route, parts));
  const root = {
    module: class RootModule {},
    imports: [CountersignModule.forRoot(parts.options)],
    controllers: made.map(({ controller }) => controller),
    providers: made.flatMap(({ policies }) => policies),
  };
  const nest: INestApplication = await NestFactory.create(root, adapter(), {
    logger: false,
    abortOnError: false,
  });
  await nest.listen(0, '127.0.0.1');
  const { port } = (nest.getHttpServer() as { address(): AddressInfo }).address();
  return { origin: `http://127.0.0.1:${String(port)}`, close: () => nest.close() };
}

function controllerOf(
  route: Route,
  { handle }: ServiceParts,
): { readonly controller: Type; readonly policies: readonly Type<HandlerPolicy>[] } {
  class RouteController {
    run(principal: Principal | undefined) {
      return handle(route, principal);
    }
  }
  const policies: Type<HandlerPolicy>[] = [];
  const decorators = decoratorsOf(route, policies);
  const descriptor = Object.getOwnPropertyDescriptor(RouteController.prototype, 'run');
  if (descriptor === undefined) throw new Error('the method is missing');
  CurrentPrincipal()(RouteController.prototype, 'run', 0);
  const method = route.method === 'GET' ? Get : Post;
  for (const decorate of [method(route.path), ...decorators])
    decorate(RouteController.prototype, 'run', descriptor);
  Controller()(RouteController);
  return { controller: RouteController, policies };
}

function decoratorsOf({ requires }: Route, policies: Type<HandlerPolicy>[]): readonly Decorator[] {
  const { scopes, anyScope, role, caller, access, permits, bodyLimit } = requires;
  const all: Decorator[] = [];
  if (scopes !== undefined) all.push(Scopes(...scopes));
  if (anyScope !== undefined) all.push(Scopes.any(...anyScope));
  if (role !== undefined) all.push(Roles(role));
  if (caller !== undefined) all.push(Callers(caller));
  if (requires.for !== undefined)
    all.push(requires.for === 'anybody' ? Authenticated() : Authenticated(requires.for));
  if (access !== undefined) all.push(access === 'open' ? Public() : Authenticated.optional());
  if (bodyLimit !== undefined) all.push(BodyLimit(bodyLimit));
  if (permits !== undefined) {
    @Injectable()
    class Policy implements HandlerPolicy {
      permits(principal: Principal): boolean {
        return permits?.(principal) === true;
      }
    }
    policies.push(Policy);
    all.push(Policies(Policy));
  }
  return all;
}
