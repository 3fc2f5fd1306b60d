import { createRequire } from 'node:module';
import { type Server } from 'node:http';
import express5 from 'express';
import * as countersign from '@countersign/express';
import { type Adapter, type ServiceParts } from './adapter.js';
import { listening, SILENT } from './listening.js';
import { statedBy } from './stated.js';

/** Its types are those of another version; what is used here is the same. */
const express4 = createRequire(import.meta.url)('express-4') as typeof express5;

const EXPRESS = {
  sameRoute: ['/read?a=1', '/read#part', 'http://order.service/read', '/READ', '/read/'],
  parses: ['application/json'],
  inflates: true,
  answerToOptions: 200,
} as const satisfies Partial<Adapter>;

export const EXPRESS_ADAPTERS: readonly Adapter[] = [
  { ...EXPRESS, name: 'Express 4', start: (parts) => start(parts, express4) },
  { ...EXPRESS, name: 'Express 5', start: (parts) => start(parts, express5) },
];

async function start({ options, routes, handle }: ServiceParts, express: typeof express5) {
  const guard = await countersign.createCountersign({ ...options, logger: SILENT });
  const app = express();
  app.set('env', 'test');
  app.use(guard);
  app.use(express.json());
  for (const route of routes) {
    const stated = statedBy(countersign, route.requires);
    const method = route.method === 'GET' ? 'get' : 'post';
    app[method](route.path, ...stated, (request, response) => {
      response.json(handle(route, request.principal));
    });
  }
  app.use(guard.faults());
  const server: Server = app.listen(0, '127.0.0.1');
  return listening(server, () => guard.close());
}
