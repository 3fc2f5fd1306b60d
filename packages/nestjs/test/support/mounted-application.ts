import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type RequestHandler } from 'express';
import { startApplication, type Application, type ApplicationParts } from './application.js';
import { originOf } from './called-service.js';

export interface MountedApplication extends Application {
  /** Where it answers behind the application that it is mounted in. */
  readonly outerOrigin: string;
}

/** Starts a Nest application that is mounted in another one of Express, behind what that one does first. */
export async function startMounted(
  parts: Omit<ApplicationParts, 'adapter'>,
  before: RequestHandler,
): Promise<MountedApplication> {
  const inner = express();
  const application = await startApplication({ ...parts, adapter: () => new ExpressAdapter(inner) });
  const server = express().use(before, inner).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    ...application,
    outerOrigin: originOf(server),
    async close() {
      server.close();
      await application.close();
    },
  };
}
