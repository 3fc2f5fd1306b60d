import 'reflect-metadata';
import { ConsoleLogger } from '@nestjs/common';
import { RequestScope, TransactionLogger } from '@countersign/nestjs';
import { listen, loggerOptions, runService } from '@countersign/service-kit';
import { readConfig } from './config.js';
import { createApp } from './create-app.js';

await runService('gateway', async () => {
  const config = readConfig();
  const options = loggerOptions(config.logFormat);
  const app = await createApp(config, new ConsoleLogger(options));
  // From here on, lines that are written for a request carry its transaction id.
  app.useLogger(new TransactionLogger(app.get(RequestScope), options));
  await listen('gateway', app, config);
  return app;
});
