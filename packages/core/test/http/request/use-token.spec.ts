import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import {
  connect,
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders as Http2Headers,
} from 'node:http2';
import { type AddressInfo } from 'node:net';
import { type VerifierOptions } from '../../../src/inbound/verifier.js';
import { CountersignError } from '../../../src/errors.js';
import {
  RequestStates,
  SentRequest,
  useToken,
  type RawRequest,
  type RawResponse,
} from '../../../src/http.js';
import { forgeToken } from '../../support/forge.js';
import { createScene } from '../../support/scene.js';

const { verifier, request: accepted } = createScene();
const { rawHeaders } = accepted();
const token = rawHeaders[rawHeaders.length - 1]?.slice('Bearer '.length) ?? '';

/** What the middleware of a service does with a request that has entered. */
type Middleware = (request: RawRequest) => void;

interface Service {
  readonly port: number;
  close(): Promise<void>;
}

/** A service over `node:http` or `node:http2`, which says what became of each request. */
async function startService(
  middleware: Middleware,
  options: Partial<VerifierOptions> = {},
  { http2 = false } = {},
): Promise<Service> {
  const own = createScene({ verifier: options }).verifier;
  const states = new RequestStates({ verifier: own });
  const serve = (request: RawRequest, response: RawResponse & { end(text: string): unknown }): void =>
    states.enter(request, response, () => void judge(request).then((text) => response.end(text)));
  const judge = async (request: RawRequest): Promise<string> => {
    try {
      middleware(request);
      await own.authenticate(new SentRequest(states.required(request)));
      return 'accepted';
    } catch (error) {
      if (error instanceof CountersignError) return error.code;
      throw error;
    }
  };
  const server: Server | Http2Server = http2
    ? createHttp2Server((request, response) =>
        serve(request as unknown as RawRequest, response as unknown as Parameters<typeof serve>[1]),
      )
    : createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function over1(port: number, headers: IncomingHttpHeaders, path: string): Promise<string> {
  const sent = httpRequest({ port, host: '127.0.0.1', path, headers }).end();
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer>];
  return textOf(response);
}

async function over2(port: number, headers: Http2Headers, path: string): Promise<string> {
  const client = connect(`http://127.0.0.1:${String(port)}`);
  try {
    return await textOf(client.request({ ':path': path, ...headers }));
  } finally {
    client.destroy();
  }
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const fromCookie: Middleware = (request) => {
  const value = /(?:^|; )session=([^;]*)/.exec(request.headers.cookie ?? '')?.[1];
  if (value !== undefined) useToken(request, value);
};

const cookie = `session=${token}`;

describe.each([
  ['node:http', false, over1],
  ['node:http2', true, over2],
] as const)('the token that middleware names, over %s', (_name, http2, send) => {
  let service: Service;

  beforeAll(async () => {
    service = await startService(fromCookie, {}, { http2 });
  });
  afterAll(() => service.close());

  const outcome = (headers: IncomingHttpHeaders, path = '/user/21/') => send(service.port, headers, path);

  it('is the token of the request', async () => {
    expect(await outcome({ cookie })).toBe('accepted');
    expect(await outcome({})).toBe('token_missing');
  });

  it('is checked as any other', async () => {
    expect(
      await outcome({ cookie: `session=${forgeToken({ claims: { aud: 'https://other.service/' } })}` }),
    ).toBe('audience_mismatch');
  });

  it.each(['', 'a b', 'Bearer x', 'x,y', '"x"'])('is malformed when it is no token: "%s"', async (value) => {
    expect(await outcome({ cookie: `session=${value}` })).toBe('request_malformed');
  });

  it.each([
    ['the same', { authorization: `Bearer ${token}` }],
    ['one in JWT', { jwt: token }],
    ['one that is bound to a key', { authorization: `DPoP ${token}` }],
    ['no token behind its scheme', { authorization: 'Bearer' }],
  ])('is malformed beside a token in a header: %s', async (_which, headers) => {
    expect(await outcome({ cookie, ...headers })).toBe('request_malformed');
  });

  it('may stand beside another scheme', async () => {
    expect(await outcome({ cookie, authorization: 'Basic YTpi' })).toBe('accepted');
  });

  it('is malformed beside a token in the query', async () => {
    expect(await outcome({ cookie }, '/user/21/?access_token=x')).toBe('request_malformed');
  });
});

describe('a token that was put into request.headers', () => {
  it.each([
    ['node:http', false, over1],
    ['node:http2', true, over2],
  ] as const)('has no effect over %s', async (_name, http2, send) => {
    const middleware: Middleware = (request) => void (request.headers.authorization = `Bearer ${token}`);
    const service = await startService(middleware, {}, { http2 });
    try {
      expect(await send(service.port, {}, '/user/21/')).toBe('token_missing');
    } finally {
      await service.close();
    }
  });
});

describe('named headers over HTTP/2', () => {
  it('are found beside pseudo headers, in small letters', async () => {
    const service = await startService(() => undefined, { tokenHeaders: ['X-Token'] }, { http2: true });
    const authority = 'census.service';
    try {
      const outcomes = await Promise.all([
        over2(service.port, { ':authority': authority, 'x-token': `Bearer ${token}` }, '/user/21/'),
        over2(service.port, { 'x-token': token, authorization: 'Bearer gateway' }, '/user/21/'),
        over2(service.port, { ':authority': authority, 'x-token': [token, token] }, '/user/21/'),
        over2(service.port, { ':authority': authority, authorization: `Bearer ${token}` }, '/user/21/'),
      ]);
      expect(outcomes).toEqual(['accepted', 'accepted', 'request_malformed', 'token_missing']);
    } finally {
      await service.close();
    }
  });
});

describe('useToken', () => {
  /** The code of what it throws for a request in that state. */
  async function codeWith(middleware: Middleware): Promise<string> {
    const service = await startService(middleware);
    try {
      return await over1(service.port, {}, '/user/21/');
    } finally {
      await service.close();
    }
  }

  it('may be told the same token twice, and not two', async () => {
    const tell = (...tokens: readonly string[]) =>
      codeWith((request) => {
        for (const each of tokens) useToken(request, each);
      });
    expect(await tell(token, token)).toBe('accepted');
    expect(await tell(token, forgeToken())).toBe('request_malformed');
  });

  it.each([undefined, null, 42, { token }] as readonly unknown[])(
    'is told a text only: not %j',
    async (given) => {
      expect(await codeWith((request) => useToken(request, given as string))).toBe('request_malformed');
    },
  );

  it('is told before the request is authenticated', async () => {
    const states = new RequestStates({ verifier });
    const server = createServer((request, response) =>
      states.enter(request, response, () => {
        const state = states.required(request);
        void Promise.resolve(verifier.authenticate(new SentRequest(state))).then((authentication) => {
          state.authentication = authentication;
          try {
            useToken(request, token);
          } catch (error) {
            response.end(error instanceof CountersignError ? error.code : 'another error');
          }
        });
      }),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const headers = { authorization: `Bearer ${token}` };
      expect(await over1((server.address() as AddressInfo).port, headers, '/user/21/')).toBe(
        'config_invalid',
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('is told of a request that has entered', async () => {
    const server = createServer((request, response) => {
      try {
        useToken(request, token);
      } catch (error) {
        response.end(error instanceof CountersignError ? `${error.code} ${error.message}` : 'another error');
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const answer = await over1((server.address() as AddressInfo).port, {}, '/');
      expect(answer).toMatch(/^config_invalid .*Countersign has not seen/);
      expect(answer).not.toContain(token);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('holds in an application that is mounted later, too', async () => {
    const inner = new RequestStates({ verifier });
    const service = await startService((request) => {
      useToken(request, token);
      inner.enter(request, { writableEnded: false } as RawResponse, () => undefined);
      expect(inner.required(request).token).toBe(token);
    });
    try {
      expect(await over1(service.port, {}, '/user/21/')).toBe('accepted');
    } finally {
      await service.close();
    }
  });
});
