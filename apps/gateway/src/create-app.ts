import { Server } from 'node:http';
import type { LoggerService } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createServiceApp, rememberForwarding, setAnswerHeaders } from '@countersign/service-kit';
import { AppModule } from './app.module.js';
import type { GatewayConfig } from './config.js';
import { crossOrigin } from './edge/cross-origin.js';
import { stripInternalHeaders } from './edge/internal-headers.js';

/** Makes the gateway, with nobody listening yet. It does not ask for the provider, nor for the services behind it. */
export async function createApp(
  config: GatewayConfig,
  logger: LoggerService | false,
): Promise<NestExpressApplication> {
  const app = await createServiceApp(AppModule.register(config), logger);
  const server: Server = app.getHttpServer();
  // Before Express, and so before everything that reads headers.
  server.prependListener('request', stripInternalHeaders);
  // Before that one: some of what it removes is the only sign of a proxy.
  if (config.hasDevelopmentPage === true) server.prependListener('request', rememberForwarding);
  server.prependListener('request', setAnswerHeaders);
  app.enableCors(crossOrigin(config.corsOrigins));
  return app;
}
