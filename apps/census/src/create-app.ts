import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { ServiceConfig } from '@countersign/service-kit';
import { AppModule } from './app.module.js';

/** Makes census, with its database open and nobody listening yet. */
export async function createApp(
  config: ServiceConfig,
  logger: LoggerService | false,
): Promise<NestExpressApplication> {
  return NestFactory.create<NestExpressApplication>(AppModule.register(config), {
    logger,
    abortOnError: false,
  });
}
