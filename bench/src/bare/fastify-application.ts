import { type AddressInfo } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import { type BareGuard, type GuardSetup } from '../guards/guard.js';

/** One way to guard a plain application of Fastify, as its own documentation shows it. */
export interface FastifyGuard extends Pick<BareGuard, 'name' | 'title' | 'package'> {
  /** Adds the guard and the route `GET /` that answers `hello`. */
  readonly build: (app: FastifyInstance, setup: GuardSetup) => void | Promise<void>;
}

export function onFastify({ build, ...guard }: FastifyGuard): BareGuard {
  return {
    ...guard,
    platforms: ['bare-fastify'],
    async start(setup) {
      const app = fastify();
      await build(app, setup);
      await app.listen({ port: 0, host: '127.0.0.1' });
      return (app.server.address() as AddressInfo).port;
    },
  };
}

export const unguardedFastify: BareGuard = onFastify({
  name: 'unguarded',
  title: 'unguarded',
  build: (app) => void app.get('/', () => 'hello'),
});
