import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { type Principal } from '@countersign/core';
import { createCountersign } from '@countersign/core/http';
import * as stating from '@countersign/core/http';
import { type Adapter, type ServiceParts } from './adapter.js';
import { listening, SILENT } from './listening.js';
import { statedBy } from './stated.js';

/** The listener below finds routes by the path alone. */
const NODE = {
  sameRoute: ['/read?a=1'],
  answerToOptions: 404,
  unstatedAtStart: 'config_invalid',
} as const satisfies Partial<Adapter>;

export const NODE_ADAPTERS: readonly Adapter[] = [
  {
    ...NODE,
    name: 'node:http',
    async start(parts) {
      const { listener, close } = await serve(parts);
      return listening(createServer(listener).listen(0, '127.0.0.1'), close);
    },
  },
  {
    ...NODE,
    name: 'node:http2',
    isHttp2: true,
    async start(parts) {
      const { listener, close } = await serve(parts);
      // Every member that the listener uses is in the compatibility API, too.
      const compatible = listener as unknown as Parameters<typeof createHttp2Server>[1];
      return listening(createHttp2Server({}, compatible).listen(0, '127.0.0.1'), close);
    },
  },
];

type Stated = stating.Stated<unknown, Principal | undefined>;
type Listener = (request: IncomingMessage, response: ServerResponse) => void;

async function serve({ options, routes, handle }: ServiceParts): Promise<{
  readonly listener: Listener;
  readonly close: () => Promise<void>;
}> {
  const countersign = await createCountersign({ ...options, logger: SILENT });
  const listeners = new Map<string, Listener>(
    routes.map((route) => {
      const stated = statedBy<Stated>(stating, route.requires);
      const [first] = stated;
      const listener = countersign.handle(
        // Several add up, and none of those stands beside open() or optional(). None at all is what its types do not permit.
        first !== undefined && stated.length === 1
          ? first
          : (stated as readonly stating.Stated[] as [stating.Stated, ...stating.Stated[]]),
        (_request: IncomingMessage, response: ServerResponse, principal) => {
          response.setHeader('Content-Type', 'application/json');
          response.end(JSON.stringify(handle(route, principal)));
        },
      );
      return [`${route.method} ${route.path}`, listener];
    }),
  );
  return {
    listener(request, response) {
      const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      const found = listeners.get(`${method} ${path}`);
      if (found !== undefined) {
        found(request, response);
        return;
      }
      response.statusCode = 404;
      response.end();
    },
    close: () => countersign.close(),
  };
}
