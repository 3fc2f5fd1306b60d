import 'reflect-metadata';
import { createLogger, listen, runService } from '@countersign/service-kit';
import { readConfig } from './config.js';
import { createApp } from './create-app.js';

await runService('herald', async () => {
  const config = readConfig();
  const app = await createApp(config, createLogger(config.logFormat));
  await listen('herald', app, config);
  return app;
});
