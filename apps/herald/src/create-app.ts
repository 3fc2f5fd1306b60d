import type { LoggerService } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createServiceApp } from '@countersign/service-kit';
import { AppModule } from './app.module.js';
import type { HeraldConfig } from './config.js';

/** Makes herald, with its database and mail server open, and nobody listening yet. */
export async function createApp(
  config: HeraldConfig,
  logger: LoggerService | false,
): Promise<NestExpressApplication> {
  return createServiceApp(AppModule.register(config), logger);
}
