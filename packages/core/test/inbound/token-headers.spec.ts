import { extractToken } from '../../src/inbound/extract-token.js';
import { sentScheme } from '../../src/inbound/token-headers.js';
import { forgeToken } from '../support/forge.js';
import { accepted, createScene, refused, type Setting } from '../support/scene.js';

const FORWARDED = 'X-Forwarded-Authorization';

type Sent = readonly (readonly [name: string, value: string])[];

/** A verifier with these headers, and a request with the token in the first of them. */
function named(...tokenHeaders: readonly string[]): Setting {
  const rawHeaders = (token: string) => ['Host', 'census.service', tokenHeaders[0] ?? '', `Bearer ${token}`];
  return { verifier: { tokenHeaders }, request: { rawHeaders } };
}

/** The same request with other headers. */
function sending(headers: (token: string) => Sent) {
  return { request: { rawHeaders: (token: string) => headers(token).flat() } };
}

describe('a header that is named', () => {
  it.each([
    ['by the scheme Bearer', (token: string) => `Bearer ${token}`],
    ['in any case', (token: string) => `bEARER  ${token}`],
    ['alone', (token: string) => token],
  ])('carries the token %s', async (_how, write) => {
    const change = sending((token) => [[FORWARDED, write(token)]]);
    await expect(accepted(change, named(FORWARDED))).resolves.toBeDefined();
  });

  it.each(['x-forwarded-authorization', 'X-FORWARDED-AUTHORIZATION', 'X-Forwarded-authorization'])(
    'is found whatever the case of its name: %s',
    async (name) => {
      const change = sending((token) => [[name, `Bearer ${token}`]]);
      await expect(accepted(change, named(FORWARDED))).resolves.toBeDefined();
      await expect(accepted(change, named(name.toUpperCase()))).resolves.toBeDefined();
    },
  );

  it.each([
    ['Authorization', (token: string) => `Bearer ${token}`],
    ['JWT', (token: string) => token],
    ['X_Forwarded_Authorization', (token: string) => `Bearer ${token}`],
    ['X-Forwarded-Authorization-2', (token: string) => `Bearer ${token}`],
    ['X-Forwarded-Authorizatıon', (token: string) => `Bearer ${token}`],
    [':authority', (token: string) => `Bearer ${token}`],
  ])('is read instead of any other: %s is not', async (name, write) => {
    const change = sending((token) => [[name, write(token)]]);
    expect(await refused(change, named(FORWARDED))).toBe('token_missing');
  });

  it.each(['Bearer gateway.own.token', 'DPoP gateway.own.token', 'Basic YTpi', ''])(
    'leaves what stands in a header that is not named: Authorization: %s',
    async (value) => {
      const change = sending((token) => [
        ['Authorization', value],
        [FORWARDED, `Bearer ${token}`],
        ['Authorization', value],
      ]);
      await expect(accepted(change, named(FORWARDED))).resolves.toBeDefined();
    },
  );

  it.each(['Basic YTpi', 'Negotiate YII', 'AWS4-HMAC-SHA256 Credential=a/b', ''])(
    'carries no token in another scheme: "%s"',
    async (value) => {
      expect(
        await refused(
          sending(() => [[FORWARDED, value]]),
          named(FORWARDED),
        ),
      ).toBe('token_missing');
    },
  );

  it.each([
    ['nothing behind the scheme', () => 'Bearer'],
    ['nothing but spaces behind it', () => 'Bearer  '],
    ['an extra word', (token: string) => `Bearer ${token} b`],
    ['an extra word behind a token alone', (token: string) => `${token} b`],
    ['two tokens in a list', (token: string) => `Bearer ${token}, Bearer ${token}`],
    ['two tokens alone in a list', (token: string) => `${token},${token}`],
    ['a tab behind the scheme', (token: string) => `Bearer\t${token}`],
    ['quotes', (token: string) => `"${token}"`],
    ['a character beyond ASCII', (token: string) => `${token}é`],
  ])('is malformed with %s', async (_what, write) => {
    const change = sending((token) => [[FORWARDED, write(token)]]);
    expect(await refused(change, named(FORWARDED))).toBe('request_malformed');
  });

  it('is malformed when it was sent twice, whatever stands in either', async () => {
    for (const other of [(token: string) => `Bearer ${token}`, () => 'Basic YTpi', () => '']) {
      const behind = sending((token) => [
        [FORWARDED, `Bearer ${token}`],
        [FORWARDED.toLowerCase(), other(token)],
      ]);
      const before = sending((token) => [
        [FORWARDED, other(token)],
        [FORWARDED, `Bearer ${token}`],
      ]);
      expect(await refused(behind, named(FORWARDED))).toBe('request_malformed');
      expect(await refused(before, named(FORWARDED))).toBe('request_malformed');
    }
  });

  it('carries no token beside one in the query', async () => {
    const change = { request: { ...named(FORWARDED).request, url: '/user/21/?access_token=x' } };
    expect(await refused(change, named(FORWARDED))).toBe('request_malformed');
  });

  it('may say that a proof comes along', async () => {
    const change = sending((token) => [[FORWARDED, `DPoP ${token}`]]);
    expect(await refused(change, named(FORWARDED))).toBe('token_not_bound');
  });
});

describe('headers that are named together', () => {
  const both = named(FORWARDED, 'Authorization');

  it.each([FORWARDED, 'Authorization'])('carry the token in either: %s', async (name) => {
    const change = sending((token) => [[name, `Bearer ${token}`]]);
    await expect(accepted(change, both)).resolves.toBeDefined();
  });

  it.each(['Basic YTpi', ''])('may hold another scheme in the other: "%s"', async (value) => {
    for (const [name, other] of [
      [FORWARDED, 'Authorization'],
      ['Authorization', FORWARDED],
    ] as const) {
      const change = sending((token) => [
        [other, value],
        [name, `Bearer ${token}`],
      ]);
      await expect(accepted(change, both)).resolves.toBeDefined();
    }
  });

  it.each([
    ['the same', (token: string) => `Bearer ${token}`],
    ['another one', () => `Bearer ${forgeToken()}`],
    ['one that is bound to a key', () => `DPoP ${forgeToken()}`],
    ['none behind its scheme', () => 'Bearer'],
  ])('are malformed with a token in each: %s', async (_which, other) => {
    const change = sending((token) => [
      [FORWARDED, `Bearer ${token}`],
      ['Authorization', other(token)],
    ]);
    expect(await refused(change, both)).toBe('request_malformed');
  });

  it('hold no token alone in Authorization, where the first word is a scheme', async () => {
    expect(
      await refused(
        sending((token) => [['Authorization', token]]),
        both,
      ),
    ).toBe('token_missing');
  });

  it('may be the usual ones, which are then read together', async () => {
    const usual = named('Authorization', 'JWT');
    await expect(
      accepted(
        sending((token) => [['JWT', token]]),
        usual,
      ),
    ).resolves.toBeDefined();
    const basic = sending((token) => [
      ['Authorization', 'Basic YTpi'],
      ['JWT', token],
    ]);
    await expect(accepted(basic, usual)).resolves.toBeDefined();
  });
});

describe('the option tokenHeaders', () => {
  const problemOf = (tokenHeaders: unknown) => () =>
    createScene({ verifier: { tokenHeaders: tokenHeaders as readonly string[] } });

  it.each([
    [[], 'tokenHeaders must name at least one header'],
    ['X-Token', 'tokenHeaders must be an array'],
    [null, 'tokenHeaders must be an array'],
    [[''], 'tokenHeaders must be an array of non-empty strings'],
    [['X-Token', 'X Token'], 'tokenHeaders[1] must be the name of a header'],
    [['X-Token:'], 'tokenHeaders[0] must be the name of a header'],
    [[':authority'], 'tokenHeaders[0] must be the name of a header'],
    [['X-Tökén'], 'tokenHeaders[0] must be the name of a header'],
    [['X-Token\r\n'], 'tokenHeaders[0] must be the name of a header'],
    [['X-Token', 'x-token'], 'tokenHeaders[1] stands in the list twice'],
    [['Cookie'], 'tokenHeaders[0] must not be Cookie: take the token out of it, and call useToken()'],
    [['DPoP'], 'tokenHeaders[0] is a header that holds something else than a token'],
    [['Delegation-Proof'], 'tokenHeaders[0] is a header that holds something else than a token'],
  ])('%j keeps the verifier from being made', (tokenHeaders, problem) => {
    expect(problemOf(tokenHeaders)).toThrow(problem);
    expect(problemOf(tokenHeaders)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });

  it('is told by the verifier in small letters, and not at all where it is left out', () => {
    expect(createScene({ verifier: { tokenHeaders: [FORWARDED] } }).verifier.tokenHeaders).toEqual([
      'x-forwarded-authorization',
    ]);
    expect(createScene().verifier.tokenHeaders).toBeUndefined();
  });

  it('is what extractToken and sentScheme go by', () => {
    const { tokenHeaders } = createScene({ verifier: { tokenHeaders: [FORWARDED] } }).verifier;
    const token = forgeToken();
    const request = { url: '/', rawHeaders: [FORWARDED, `DPoP ${token}`, 'Authorization', 'Bearer other'] };
    expect(extractToken(request, tokenHeaders)).toBe(token);
    expect(extractToken(request)).toBe('other');
    const headers = { authorization: 'Bearer other', [FORWARDED.toLowerCase()]: `DPoP ${token}` };
    expect([sentScheme(headers, tokenHeaders), sentScheme(headers)]).toEqual(['DPoP', 'Bearer']);
  });
});
