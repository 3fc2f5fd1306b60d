import { inspect } from 'node:util';
import { type RequestListener } from 'node:http';
import { createFixedClock, type FixedClock } from '../../src/clock.js';
import { CountersignError } from '../../src/errors.js';
import { createKeyStore } from '../../src/key-store/create-key-store.js';
import { type AuthorizationServerRecord } from '../../src/oauth/authorization-server.js';
import { createAuthorizer, type Authorizer } from '../../src/outbound/authorizer.js';
import { hang, status, text } from '../support/key-server.js';
import { startMisbehavingServer, token, type MisbehavingServer } from '../support/misbehaving-server.js';
import { faultOf } from '../support/scene.js';
import { outboundCall } from '../support/service.js';
import { createSigningKey } from '../support/signing-key.js';

const SECRET = 'hunter2-hunter2';
const keyStore = await createKeyStore({ privateKeys: [(await createSigningKey()).privateJwk] });
const call = outboundCall('http://127.0.0.1:4001/user/21/');

let server: MisbehavingServer;
let clock: FixedClock;
beforeEach(async () => {
  server = await startMisbehavingServer();
  clock = createFixedClock();
});
afterEach(() => server.stop());

function herald(changes: Partial<AuthorizationServerRecord> = {}): Authorizer {
  return createAuthorizer({
    service: 'https://herald.service/',
    keyStore,
    clock,
    destinations: [
      {
        name: 'census',
        url: 'http://127.0.0.1:4001/',
        audience: 'https://census.service/',
        onBehalfOf: 'service',
        authorize: 'clientCredentials',
        scopes: ['user:read', 'user:write'],
        authorizationServer: {
          issuer: server.issuer,
          clientId: 'herald',
          clientAuthentication: 'client_secret_post',
          clientSecret: SECRET,
          ...changes,
        },
      },
    ],
  });
}

/** The fault of a call, which says nothing that only the server or the client knows. */
async function refusal(authorizer: Authorizer): Promise<CountersignError> {
  const fault = await faultOf(authorizer.authorize(call, undefined));
  const said = inspect(fault, { depth: Infinity, showHidden: true, maxStringLength: Infinity });
  expect(said).not.toMatch(/hunter2|opaque-token|eyJ/);
  expect(fault.cause).toBeUndefined();
  return fault;
}

const answers: readonly (readonly [string, RequestListener, RegExp])[] = [
  ['500', status(500), /unexpected HTTP status code/],
  [
    '503 with a page',
    (_request, response) => response.writeHead(503).end('<html>opaque-token</html>'),
    /status code/,
  ],
  ['400 invalid_client', token({ error: 'invalid_client' }, 400), /400, invalid_client/],
  [
    '401 invalid_client with a challenge',
    (_request, response) => {
      response.writeHead(401, {
        'www-authenticate': `Basic realm="${SECRET}"`,
        'content-type': 'application/json',
      });
      response.end('{"error":"invalid_client"}');
    },
    /401 with a challenge/,
  ],
  [
    '400 with the secret as its error code',
    token({ error: SECRET, error_description: SECRET }, 400),
    /an error code of its own/,
  ],
  ['an error with status 200', token({ access_token: undefined, error: 'invalid_scope' }), /access_token/],
  ['200 with a page', text('<html>opaque-token-1</html>', 'text/html'), /content-type|JSON/],
  ['200 with JSON that is cut off', text('{"access_token":"opaque-token-1","token_ty'), /JSON/],
  ['200 with JSON that a comma spoils', text('{"access_token":"opaque-token-1",}'), /JSON/],
  ['200 with no body', text(''), /JSON/],
  ['200 with a list', text('["opaque-token-1"]'), /top level object/],
  ['200 with null', text('null'), /top level object/],
  ['200 with octets that are not UTF-8', text(Buffer.from([0x7b, 0xff, 0x7d])), /cannot be read/],
  ['200 with a megabyte', text(`{"access_token":"${'x'.repeat(1_048_576)}"}`), /cannot be read/],
  ['204', status(204), /status code/],
  [
    'a redirect',
    (_request, response) => response.writeHead(307, { location: '/elsewhere' }).end(),
    /status code/,
  ],
  ['no token', token({ access_token: undefined }), /access_token/],
  ['an empty token', token({ access_token: '' }), /access_token/],
  ['a token that is no string', token({ access_token: { eyJ: 1 } }), /access_token/],
  ['a token with a line break', token({ access_token: 'opaque-token\r\nX: y' }), /a character that none has/],
  ['a token with a space', token({ access_token: 'opaque-token two' }), /a character that none has/],
  [
    'a token with a letter beyond ASCII',
    token({ access_token: 'opaque-token-é' }),
    /a character that none has/,
  ],
  ['no token_type', token({ token_type: undefined }), /token_type/],
  ['token_type mac', token({ token_type: 'mac' }), /token_type/],
  ['token_type DPoP', token({ token_type: 'DPoP' }), /no bearer token/],
  ['token_type N_A', token({ token_type: 'N_A' }), /token_type/],
  ['expires_in 0', token({ expires_in: 0 }), /expires_in must be positive/],
  ['expires_in negative', token({ expires_in: -1 }), /expires_in/],
  ['expires_in as a string', token({ expires_in: '3600' }), /expires_in must be a number/],
  ['expires_in as null', token({ expires_in: null }), /expires_in/],
  [
    'expires_in without end',
    text('{"access_token":"opaque-token-1","token_type":"Bearer","expires_in":1e400}'),
    /expires_in/,
  ],
  [
    'a scope that was not asked for',
    token({ scope: 'user:read user:delete' }),
    /a scope that was not asked for/,
  ],
  ['a scope that is no string', token({ scope: ['user:read'] }), /scope/],
  ['a hang-up', (request) => request.socket.destroy(), /it cannot be reached/],
];

describe('a token endpoint that answers with', () => {
  it.each(answers)('%s gives no token, and nothing is sent or kept', async (_name, answer, words) => {
    const authorizer = herald();
    server.answerTokens(answer);
    const fault = await refusal(authorizer);
    expect(fault).toMatchObject({ code: 'token_unavailable', kind: 'unavailable', retryAfterSeconds: 1 });
    expect(fault.message).toMatch(words);

    // Neither the failure nor half an answer is kept: it works again as soon as the server does.
    server.answerTokens(token({ access_token: 'good-again' }));
    const { headers } = await authorizer.authorize(call, undefined);
    expect(headers).toEqual([{ name: 'Authorization', value: 'Bearer good-again' }]);
    expect(server.tokenRequests()).toBe(2);
  });

  it('nothing at all is given up after timeoutMs', async () => {
    server.answerTokens(hang);
    const fault = await refusal(herald({ timeoutMs: 50 }));
    expect([fault.code, fault.message]).toEqual([
      'token_unavailable',
      `${new URL(server.issuer).host} gave no token: it did not answer in time`,
    ]);
  });

  it('a body that never ends is given up after timeoutMs', async () => {
    server.answerTokens((_request, response) => {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .write('{"access_token":"opaque-token-1"');
    });
    expect((await refusal(herald({ timeoutMs: 50 }))).message).toMatch(/did not answer in time/);
  });

  it('token_type in any case is a bearer token', async () => {
    server.answerTokens(token({ token_type: 'bEARER' }));
    expect((await herald().authorize(call, undefined)).issued).toBeDefined();
  });

  it('no expires_in gives a token for five minutes', async () => {
    server.answerTokens(token({ expires_in: undefined }));
    const { issued } = await herald().authorize(call, undefined);
    expect(issued!.claims.expiresAt - clock.now()).toBe(300);
  });

  it('a lifetime is reckoned from when the token was asked for', async () => {
    const askedAt = clock.now();
    server.answerTokens((request, response) => {
      clock.advance(9);
      token({ expires_in: 60 })(request, response);
    });
    const { issued } = await herald().authorize(call, undefined);
    expect(issued?.claims).toMatchObject({ issuedAt: askedAt, expiresAt: askedAt + 60 });
  });

  it('fewer scopes than were asked for gives a token with those', async () => {
    server.answerTokens(token({ scope: ' user:read  ' }));
    expect((await herald().authorize(call, undefined)).issued?.claims.scopes).toEqual(['user:read']);
  });

  it('no scope gives a token with those that were asked for', async () => {
    expect((await herald().authorize(call, undefined)).issued?.claims.scopes).toEqual([
      'user:read',
      'user:write',
    ]);
  });
});

describe('a token endpoint that is down', () => {
  it('gives the same fault, and is asked again as soon as it is up', async () => {
    const authorizer = herald();
    await server.stop();
    for (let i = 0; i < 3; i++) {
      const fault = await refusal(authorizer);
      expect([fault.code, fault.message]).toEqual([
        'token_unavailable',
        `${new URL(server.issuer).host} gave no token: it cannot be reached, ECONNREFUSED`,
      ]);
    }
    await server.restart();
    expect((await authorizer.authorize(call, undefined)).headers).toHaveLength(1);
  });

  it('fails all calls that wait for one token, by one request', async () => {
    const authorizer = herald();
    server.answerTokens(status(500));
    const faults = await Promise.all(Array.from({ length: 100 }, () => refusal(authorizer)));
    expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(['token_unavailable']));
    expect(server.tokenRequests()).toBe(1);
  });
});

describe('the metadata of an authorization server', () => {
  const metadata = (value: unknown): RequestListener => text(JSON.stringify(value));

  it.each([
    [
      'names another issuer',
      () => metadata({ issuer: 'https://elsewhere.example', token_endpoint: `${server.issuer}/token` }),
    ],
    [
      'names the issuer with another path',
      () => metadata({ issuer: `${server.issuer}/other`, token_endpoint: `${server.issuer}/token` }),
    ],
    ['names no issuer', () => metadata({ token_endpoint: `${server.issuer}/token` })],
    ['names no token endpoint', () => metadata({ issuer: server.issuer })],
    [
      'names a token endpoint that is no URI',
      () => metadata({ issuer: server.issuer, token_endpoint: '/token' }),
    ],
    [
      'names a token endpoint over http on another host',
      () => metadata({ issuer: server.issuer, token_endpoint: 'http://idp.example/token' }),
    ],
    [
      'names a token endpoint with credentials',
      () => metadata({ issuer: server.issuer, token_endpoint: server.issuer.replace('//', '//a:b@') }),
    ],
    ['is a page', () => text('<html>opaque-token</html>', 'text/html')],
    ['is a list', () => metadata([])],
    [
      'is a redirect',
      (): RequestListener => (_request, response) => response.writeHead(302, { location: '/token' }).end(),
    ],
    ['is missing', () => status(404)],
    ['fails', () => status(500)],
    ['is larger than anybody needs', () => metadata({ issuer: server.issuer, padding: 'x'.repeat(300_000) })],
  ])('that %s gets no request for a token, until it is good', async (_name, answer) => {
    const authorizer = herald();
    const good = metadata({ issuer: server.issuer, token_endpoint: `${server.issuer}/token` });
    server.answerMetadata(answer());
    expect((await refusal(authorizer)).code).toBe('token_unavailable');
    expect(server.tokenRequests()).toBe(0);
    server.answerMetadata(good);
    expect((await authorizer.authorize(call, undefined)).issued).toBeDefined();
  });

  it('that does not come is given up after timeoutMs', async () => {
    server.answerMetadata(hang);
    expect((await refusal(herald({ timeoutMs: 50 }))).message).toMatch(/did not answer in time/);
  });

  it('is looked up once, and again after a failure: the token endpoint may have moved', async () => {
    const authorizer = herald();
    const afterAnHour = () => {
      clock.advance(3600);
      return authorizer.authorize(call, undefined);
    };
    for (let i = 0; i < 3; i++) await afterAnHour();
    expect([server.tokenRequests(), server.otherRequests()]).toEqual([3, 1]);
    server.answerTokens(status(404));
    await faultOf(afterAnHour());
    server.answerTokens(token({}));
    await afterAnHour();
    expect([server.tokenRequests(), server.otherRequests()]).toEqual([5, 2]);
  });
});

describe('a secret', () => {
  it('is not shown by anything that prints a destination', async () => {
    const authorizer = herald();
    const { destination } = await authorizer.authorize(call, undefined);
    expect(inspect([authorizer, destination], { depth: Infinity, showHidden: true })).not.toContain(SECRET);
    expect(JSON.stringify(destination)).not.toContain(SECRET);
    expect(server.lastRequest()).toContain(SECRET);
  });
});
