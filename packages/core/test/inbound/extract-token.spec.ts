import { extractToken } from '../../src/inbound/extract-token.js';
import { forgeToken } from '../support/forge.js';
import { accepted, codeOfCall, createScene, refused } from '../support/scene.js';

const GET = { method: 'GET', url: '/user/21/', body: new Uint8Array() };

function authorization(...values: readonly string[]) {
  return values.flatMap((value) => ['Authorization', value]);
}

describe('taking the token out of a request', () => {
  it('finds no token in a request without Authorization', async () => {
    expect(await refused({ request: { rawHeaders: () => ['Host', 'census.service'] } })).toBe(
      'token_missing',
    );
  });

  it('leaves an Authorization of another scheme to others', async () => {
    expect(await refused({ request: { rawHeaders: () => authorization('Basic YTpi') } })).toBe(
      'token_missing',
    );
  });

  it.each(['Bearer', 'Bearer ', 'Bearer    ', 'bearer'])(
    'calls %j without a token malformed',
    async (value) => {
      expect(await refused({ request: { rawHeaders: () => authorization(value) } })).toBe(
        'request_malformed',
      );
    },
  );

  it.each(['bearer', 'BEARER', 'bEaReR', 'Bearer  '])('accepts the scheme written as %j', async (scheme) => {
    const { token } = await accepted({
      request: { rawHeaders: (sent) => authorization(`${scheme} ${sent}`) },
    });
    expect(token.split('.')).toHaveLength(3);
  });

  it.each(['authorization', 'AUTHORIZATION', 'aUTHORIZATION'])(
    'reads the header whatever the case of its name: %s',
    async (name) => {
      await expect(
        accepted({ request: { rawHeaders: (token) => [name, `Bearer ${token}`] } }),
      ).resolves.toBeDefined();
    },
  );

  it.each([
    ['an extra word', (token: string) => `Bearer ${token} b`],
    ['a tab before the token', (token: string) => `Bearer\t${token}`],
    ['a tab behind the token', (token: string) => `Bearer ${token}\t`],
    ['a space behind the token', (token: string) => `Bearer ${token} `],
    ['a comma', (token: string) => `Bearer ${token},`],
    ['a comma instead of the space', (token: string) => `Bearer,${token}`],
    ['two tokens in a list', (token: string) => `Bearer ${token}, Bearer ${token}`],
    ['quotes', (token: string) => `Bearer "${token}"`],
    ['a control character', (token: string) => `Bearer ${token}\u0000`],
    ['a newline', (token: string) => `Bearer ${token}\n`],
    ['a character beyond ASCII', (token: string) => `Bearer ${token}é`],
    ['a wide character', (token: string) => `Bearer ${token}．`],
    ['an equals sign inside', (token: string) => `Bearer ${token.replace('.', '=.')}`],
    ['a parameter', (token: string) => `Bearer token=${token}`],
    ['a JWS in JSON', (token: string) => `Bearer ${JSON.stringify({ payload: token })}`],
  ])('calls a token with %s malformed', async (_what, write) => {
    const change = { request: { rawHeaders: (token: string) => authorization(write(token)) } };
    expect(await refused(change)).toBe('request_malformed');
  });

  it.each(['BearerX', 'Bearer-invalid', 'XBearer', 'Bearer.', 'Bearer_'])(
    'takes the scheme %s for another one than Bearer',
    async (scheme) => {
      const change = { request: { rawHeaders: (token: string) => authorization(`${scheme} ${token}`) } };
      expect(await refused(change)).toBe('token_missing');
    },
  );

  it('refuses two equal Authorization headers', async () => {
    const twice = (token: string) => authorization(`Bearer ${token}`, `Bearer ${token}`);
    expect(await refused({ request: { rawHeaders: twice } })).toBe('request_malformed');
  });

  it.each([
    ['a different token', `Bearer ${forgeToken()}`],
    ['another scheme', 'Basic YTpi'],
    ['nothing', ''],
  ])('refuses a second Authorization header with %s, in front or behind', async (_what, other) => {
    const before = (token: string) => authorization(other, `Bearer ${token}`);
    const behind = (token: string) => authorization(`Bearer ${token}`, other);
    expect(await refused({ request: { rawHeaders: before } })).toBe('request_malformed');
    expect(await refused({ request: { rawHeaders: behind } })).toBe('request_malformed');
  });

  it('refuses a second Authorization header that is written in another case', async () => {
    const twice = (token: string) => [
      ...authorization(`Bearer ${token}`),
      'AUTHORIZATION',
      `Bearer ${token}`,
    ];
    expect(await refused({ request: { rawHeaders: twice } })).toBe('request_malformed');
  });

  it('accepts the token in a JWT header, without a scheme', async () => {
    await expect(accepted({ request: { rawHeaders: (token) => ['JWT', token] } })).resolves.toBeDefined();
    await expect(accepted({ request: { rawHeaders: (token) => ['jwt', token] } })).resolves.toBeDefined();
  });

  it.each([
    ['a scheme', (token: string) => ['JWT', `Bearer ${token}`]],
    ['nothing', () => ['JWT', '']],
  ])('refuses a JWT header that holds %s', async (_what, rawHeaders) => {
    expect(await refused({ request: { rawHeaders } })).toBe('request_malformed');
  });

  it('refuses a token in Authorization beside one in a JWT header', async () => {
    const both = (token: string) => [...authorization(`Bearer ${token}`), 'JWT', token];
    expect(await refused({ request: { rawHeaders: both } })).toBe('request_malformed');
  });

  it.each([
    '?access_token=x',
    '?a=1&access_token=x',
    '?access_token',
    '?%61ccess_token=x',
    '?access%5Ftoken=x',
  ])('refuses a token in the header beside one in the query: %s', async (query) => {
    expect(await refused({ request: { url: `/user/21/${query}` } })).toBe('request_malformed');
  });

  it.each(['?Access_Token=x', '?access_tokens=x', '?q=access_token', '?next=/?a=access_token%3D1', '?%'])(
    'lets a query pass that only looks like a token: %s',
    async (query) => {
      await expect(accepted({ request: { url: `/user/21/${query}` } })).resolves.toBeDefined();
    },
  );

  it('never reads a token from the query or a cookie', () => {
    const { request } = createScene();
    const token = forgeToken();
    const sent = { ...request(), ...GET, url: `/user/21/?access_token=${token}` };
    expect(
      extractToken({ ...sent, rawHeaders: ['Cookie', `access_token=${token}; token=${token}`] }),
    ).toBeUndefined();
  });

  it.each(['X-Authorization', 'Proxy-Authorization', 'Authorization ', 'X-JWT', 'Authorizatıon'])(
    'reads no token from the header %j',
    (name) => {
      expect(extractToken({ url: '/', rawHeaders: [name, `Bearer ${forgeToken()}`] })).toBeUndefined();
    },
  );

  it('looks at names, not at values, for the header', () => {
    expect(
      extractToken({ url: '/', rawHeaders: ['X-Next', 'Authorization', 'X-Other', 'Bearer abc'] }),
    ).toBeUndefined();
  });

  it('names the fault without the value that was sent', () => {
    const call = () => extractToken({ url: '/', rawHeaders: ['Authorization', 'Bearer secret secret'] });
    expect(codeOfCall(call)).toBe('request_malformed');
    expect(call).not.toThrow(/secret/);
  });
});
