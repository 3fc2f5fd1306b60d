import { type AddressInfo } from 'node:net';
import fastify, { type FastifyRequest } from 'fastify';
import { type Principal } from '@countersign/core';
import { type Stated } from '@countersign/core/http';
import { countersign } from '@countersign/fastify';
import * as stating from '@countersign/fastify';
import { type Adapter } from './adapter.js';
import { SILENT } from './listening.js';
import { statedBy } from './stated.js';

export const FASTIFY_ADAPTERS: readonly Adapter[] = [
  {
    name: 'Fastify',
    sameRoute: ['/read?a=1', '/read#part', 'http://order.service/read', '/%72ead'],
    parses: ['application/json'],
    unknownTypes: [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/octet-stream',
    ],
    answerToOptions: 404,
    unstatedAtStart: 'policy_missing',
    async start({ options, routes, handle }) {
      const app = fastify();
      await app.register(countersign, { ...options, logger: SILENT });
      for (const route of routes) {
        app.route({
          method: route.method,
          url: route.path,
          ...(route.requires.bodyLimit !== undefined && { bodyLimit: route.requires.bodyLimit }),
          config: {
            countersign: statedBy<Stated<FastifyRequest, Principal | undefined>>(stating, route.requires),
          },
          handler: (request) => handle(route, request.principal),
        });
      }
      await app.listen({ port: 0, host: '127.0.0.1' });
      const { port } = app.server.address() as AddressInfo;
      return { origin: `http://127.0.0.1:${String(port)}`, close: () => app.close() };
    },
  },
];
