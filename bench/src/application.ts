import 'reflect-metadata';
import { type AddressInfo } from 'node:net';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type GuardSetup, type NestGuard, type NestPlatform } from './guards/guard.js';

const UNDECORATED: MethodDecorator = () => undefined;

const ADAPTERS = {
  express: () => new ExpressAdapter(),
  fastify: () => new FastifyAdapter(),
} as const satisfies Record<NestPlatform, () => unknown>;

/** Starts the one Nest application of this benchmark on a free port, with or without a guard. It logs nothing. */
export async function startApplication(
  guard: NestGuard,
  platform: NestPlatform,
  setup: GuardSetup,
): Promise<{ readonly app: INestApplication; readonly port: number }> {
  const { imports = [], providers = [], route = UNDECORATED, prepare } = await guard.parts(setup);

  /** The route that is called. */
  @Controller()
  class Hello {
    @Get()
    @route
    hello(): string {
      return 'hello';
    }
  }

  @Module({ imports: [...imports], providers: [...providers], controllers: [Hello] })
  class Application {}

  const app = await NestFactory.create(Application, ADAPTERS[platform](), { logger: false });
  await prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as { address(): AddressInfo };
  return { app, port: server.address().port };
}
