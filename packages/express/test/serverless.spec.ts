import { configure } from '@codegenie/serverless-express';
import serverlessHttp from 'serverless-http';
import { createCountersign, open, scopes } from '@countersign/express';
import { type RequestListener } from 'node:http';
import { SERVICE, VERSIONS } from './support/application.js';
import { Guarded } from './support/guarded.js';

const guarded = Guarded.use();
const { handler, ran } = guarded;

interface Answer {
  readonly statusCode: number;
  readonly body: string;
}

/** The packages that run an application in a function, as their documentation shows them. */
const WRAPPERS: readonly {
  readonly name: string;
  readonly wrap: (app: RequestListener) => (event: object) => Promise<unknown>;
}[] = [
  { name: 'serverless-http', wrap: (app) => (event) => serverlessHttp(app)(event, {}) },
  {
    name: '@codegenie/serverless-express',
    wrap: (app) => (event) => Promise.resolve(configure({ app })(event, {} as never, () => undefined)),
  },
];

/** How API Gateway hands over a request. */
const EVENTS = [
  {
    name: 'v1',
    event: (
      method: string,
      path: string,
      headers: Readonly<Record<string, string>>,
      body: string | null,
    ) => ({
      resource: '/{proxy+}',
      httpMethod: method,
      path,
      headers,
      multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      requestContext: { identity: { sourceIp: '192.0.2.7' }, stage: '$default', httpMethod: method, path },
      body,
      isBase64Encoded: false,
    }),
  },
  {
    name: 'v2',
    event: (
      method: string,
      path: string,
      headers: Readonly<Record<string, string>>,
      body: string | null,
    ) => ({
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: '',
      headers,
      requestContext: { http: { method, path, sourceIp: '192.0.2.7' }, stage: '$default' },
      ...(body !== null && { body }),
      isBase64Encoded: false,
    }),
  },
];

describe.each(VERSIONS)('$name in a function', ({ express }) => {
  describe.each(WRAPPERS)('by $name', ({ wrap }) => {
    it.each(EVENTS)('guards reads and bound writes of API Gateway $name', async ({ event }) => {
      const countersign = await createCountersign({
        service: SERVICE,
        trust: [guarded.issuer.trustRecord({ scopes: ['order:read', 'order:write'] })],
        hydrate: false,
        logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
      });
      const app = express();
      app.set('env', 'test');
      app.use(countersign);
      app.use(express.json());
      const router = express.Router();
      router.get('/order', scopes('order:read'), handler);
      router.post('/order', scopes('order:write'), handler);
      router.get('/unstated', handler);
      app.use(router);
      app.use('/static', open(), handler);
      app.use(handler);
      app.use(countersign.faults());
      // Express is a function for requests, whatever its type says.
      const invoke = wrap(app);
      const ask = async (method: string, path: string, token?: string, body: string | null = null) => {
        const headers = {
          'Content-Type': 'application/json',
          ...(body !== null && { 'Content-Length': String(body.length) }),
          ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        };
        const answer = (await invoke(event(method, path, headers, body))) as Answer;
        const { code } = JSON.parse(answer.body) as { code?: string };
        return { status: answer.statusCode, code };
      };
      const body = '{"a":1}';
      const read = await guarded.token('order:read');
      const write = await guarded.token('order:write', {}, { method: 'POST', url: '/order', body });

      expect(await ask('GET', '/order', read)).toEqual({ status: 200, code: undefined });
      expect(await ask('POST', '/order', write, body)).toEqual({ status: 200, code: undefined });
      expect(await ask('GET', '/static')).toEqual({ status: 200, code: undefined });
      expect(ran).toHaveLength(3);
      expect(await ask('GET', '/order')).toEqual({ status: 401, code: 'token_missing' });
      expect(await ask('GET', '/unstated', read)).toEqual({ status: 403, code: 'policy_missing' });
      expect(await ask('POST', '/order', write, body)).toEqual({ status: 401, code: 'token_replayed' });
      expect(ran).toHaveLength(3);
      const altered = await guarded.token('order:write', {}, { method: 'POST', url: '/order', body: '{}' });
      expect(await ask('POST', '/order', altered, body)).toEqual({ status: 401, code: 'body_mismatch' });
      expect(await ask('GET', '/other', read)).toEqual({ status: 403, code: 'policy_missing' });
    });
  });
});
