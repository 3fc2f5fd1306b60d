import { type AddressInfo } from 'node:net';
import express, { type Express, type RequestHandler } from 'express';
import { type BareGuard, type GuardSetup } from '../guards/guard.js';

/** One way to guard a plain application of Express, as its own documentation shows it. */
export interface ExpressGuard extends Pick<BareGuard, 'name' | 'title' | 'package'> {
  /** Adds the guard, the route `GET /` with `hello` as its handler, and what the guard wants behind it. */
  readonly build: (app: Express, hello: RequestHandler, setup: GuardSetup) => void | Promise<void>;
}

export function onExpress({ build, ...guard }: ExpressGuard): BareGuard {
  return {
    ...guard,
    platforms: ['bare-express'],
    async start(setup) {
      const app = express();
      // Otherwise Express writes errors that reach its end to the console.
      app.set('env', 'test');
      await build(app, hello, setup);
      return new Promise((resolve) => {
        const server = app.listen(0, '127.0.0.1', () => {
          resolve((server.address() as AddressInfo).port);
        });
      });
    },
  };
}

const hello: RequestHandler = (_request, response) => {
  response.send('hello');
};

export const unguardedExpress: BareGuard = onExpress({
  name: 'unguarded',
  title: 'unguarded',
  build: (app, hello) => void app.get('/', hello),
});
