import 'reflect-metadata';
import { generateKeyPairSync } from 'node:crypto';
import { type AddressInfo, type Server } from 'node:net';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type JwksOptions, type TrustRecord } from '@countersign/core';
import { CountersignModule, CurrentPrincipal, Scopes, type Principal } from '@countersign/nestjs';
import { createDrillClock, type ClockSettings } from '../drill-clock.js';
import { RECEIVER } from '../parties.js';
import { serveCommands } from './serve-commands.js';

export interface ReceiverSettings {
  readonly trust: readonly TrustRecord[];
  readonly clock: ClockSettings;
  readonly jwks?: JwksOptions;
}

/** A Nest service that lets in whom it trusts. */
export interface Receiver {
  /** Where it listens. */
  origin(): string;
  /** Lets seconds pass on its clock. */
  advance(seconds: number): void;
  /** When the fetch began that brought the keys in use: a moment of its clock, 0 while there are none. */
  keysAskedForAt(): number;
  /** Processor time that it used since it was started, in milliseconds. */
  processorMs(): number;
}

@Module({})
class ReceiverModule {}

@Controller('user')
class UserController {
  @Get()
  @Scopes('user:read')
  read(@CurrentPrincipal() { caller }: Principal): object {
    return { caller: caller.name };
  }

  @Post()
  @Scopes('user:write')
  write(@CurrentPrincipal() { caller }: Principal): object {
    return { caller: caller.name };
  }
}

async function start({ trust, clock: settings, jwks }: ReceiverSettings): Promise<Receiver> {
  const clock = createDrillClock(settings);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let keysAskedForAt = 0;
  const countersign = CountersignModule.forRoot({
    service: RECEIVER,
    trust,
    clock,
    keys: { privateKeys: [privateKey.export({ format: 'jwk' })] },
    decisions: { record: () => undefined },
    onKeyEvent(event) {
      if (event.type === 'fetched') keysAskedForAt = clock.now() - event.durationMs / 1000;
    },
    ...(jwks !== undefined && { jwks }),
  });
  const root = { module: ReceiverModule, imports: [countersign], controllers: [UserController] };
  const application = await NestFactory.create(root, new FastifyAdapter(), { logger: ['error', 'fatal'] });
  await application.listen(0, '127.0.0.1');
  const { port } = (application.getHttpServer() as Server).address() as AddressInfo;
  return {
    origin: () => `http://127.0.0.1:${String(port)}`,
    advance: (seconds) => clock.advance(seconds),
    keysAskedForAt: () => keysAskedForAt,
    processorMs() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
  };
}

serveCommands(start);
