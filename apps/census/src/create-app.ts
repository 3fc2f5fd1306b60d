import type { LoggerService } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createServiceApp, type ServiceConfig } from '@countersign/service-kit';
import { AppModule } from './app.module.js';

/** Makes census, with its database open and nobody listening yet. */
export async function createApp(
  config: ServiceConfig,
  logger: LoggerService | false,
): Promise<NestExpressApplication> {
  return createServiceApp(AppModule.register(config), logger);
}
