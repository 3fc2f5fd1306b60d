import { readUnverified } from '../../src/inbound/read-unverified.js';
import { base64url, forgeToken, ISSUER, SERVICE, signatureOf, trustedKey } from '../support/forge.js';
import { accepted, codeOfCall, refused } from '../support/scene.js';

/** For what HTTP does not let through to this step: straight to it. */
function readCode(change: (token: string) => string) {
  const token = forgeToken();
  expect(readUnverified(token, 8192).claims['iss']).toBe(ISSUER);
  return codeOfCall(() => readUnverified(change(token), 8192));
}

describe('the size of a token', () => {
  it('is 8,192 characters at most', async () => {
    const token = forgeToken();
    expect(readUnverified(token, token.length).claims['iss']).toBe(ISSUER);
    expect(codeOfCall(() => readUnverified(token, token.length - 1))).toBe('token_too_large');
    const ofLength = (length: number) => ({
      claims: { pad: 'x'.repeat(((length - token.length) * 3) / 4 - 20) },
    });
    await expect(accepted(ofLength(8192))).resolves.toBeDefined();
    expect(forgeToken(ofLength(8192)).length).toBeGreaterThan(8100);
    expect(await refused(ofLength(8300))).toBe('token_too_large');
  });

  it('can be set', async () => {
    const verifier = { maxTokenBytes: 1000 };
    expect(await refused({ claims: { pad: 'x'.repeat(1000) } }, { verifier })).toBe('token_too_large');
  });

  it('is checked before anything is decoded', () => {
    expect(codeOfCall(() => readUnverified(`${'!'.repeat(9000)}.!.!`, 8192))).toBe('token_too_large');
  });

  it('of 64 KB of dots is not worth looking at', async () => {
    expect(await refused({ compact: () => '.'.repeat(65_536) })).toBe('token_malformed');
  });
});

describe('the parts of a token', () => {
  it.each([
    ['one part', (token: string) => token.replaceAll('.', '')],
    ['two parts', (token: string) => token.slice(0, token.lastIndexOf('.'))],
    ['four parts', (token: string) => `${token}.AAAA`],
    ['five parts, as a JWE has', (token: string) => `${token}.AAAA.AAAA`],
    ['an empty part in the middle', (token: string) => token.replace('.', '..')],
    ['a dot in front', (token: string) => `.${token}`],
    ['a dot behind', (token: string) => `${token}.`],
    ['no header', (token: string) => token.slice(token.indexOf('.'))],
    ['no claims', (token: string) => token.replace(/\..*\./, '..')],
    ['no signature', (token: string) => token.slice(0, token.lastIndexOf('.') + 1)],
    ['padding', (token: string) => `${token}=`],
    ['more padding', (token: string) => `${token}==`],
    ['the plus sign of plain base64', (token: string) => `${token.slice(0, -4)}+AAA`],
    ['the slash of plain base64', (token: string) => `${token.slice(0, -4)}/AAA`],
    ['a tilde', (token: string) => `${token.slice(0, -4)}~AAA`],
    ['a lone character in the signature', (token: string) => token.replace(/[^.]*$/, 'A')],
  ])('cannot be %s', async (_what, compact) => {
    expect(await refused({ compact })).toBe('token_malformed');
  });

  it.each([
    ['nothing', () => ''],
    ['padding in the header', (token: string) => token.replace('.', '=.')],
    ['a space inside', (token: string) => `${token.slice(0, 5)} ${token.slice(5)}`],
    ['a newline inside', (token: string) => `${token.slice(0, 5)}\n${token.slice(5)}`],
    ['a newline behind', (token: string) => `${token}\n`],
    ['an octet that is no character', (token: string) => `${token}\u0000`],
    ['a full-width dot', (token: string) => token.replace('.', '．')],
    ['a JWS in JSON', () => JSON.stringify({ payload: 'e30', signatures: [] })],
  ])('cannot be %s, wherever the token came from', (_what, change) => {
    expect(readCode(change)).toBe('token_malformed');
  });

  it.each([0, 1, 2])('cannot end in bits that no octet holds: part %i', async (part) => {
    // 64 octets of signature leave bits over; the header and the claims are padded until they do.
    const padded = ['', 'x', 'xx'].map((note) => ({ header: { note }, claims: { jti: 'one', note } }));
    const partOf = (token: string) => token.split('.')[part]!;
    const forgery = padded.find((each) => partOf(forgeToken(each)).length % 4 !== 0)!;
    const compact = (token: string) => token.replace(partOf(token), withNextLastCharacter(partOf(token)));
    const token = forgeToken(forgery);
    expect(Buffer.from(partOf(compact(token)), 'base64url')).toEqual(Buffer.from(partOf(token), 'base64url'));
    await expect(accepted(forgery)).resolves.toBeDefined();
    expect(await refused({ ...forgery, compact })).toBe('token_malformed');
  });

  it('cannot be encoded twice', async () => {
    const segments = (header: string, claims: string) => [base64url(header), claims] as const;
    expect(await refused({ segments })).toBe('token_malformed');
  });
});

/** The last character of a part that leaves bits over is even: the one behind it decodes to the same octets. */
function withNextLastCharacter(part: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + alphabet.charAt(alphabet.indexOf(part.charAt(part.length - 1)) + 1);
}

describe('the JSON of a token', () => {
  const kid = () => trustedKey().kid;
  const header = () => `{"alg":"ES256","kid":"${kid()}","typ":"svc+jwt"}`;
  const members = `"iss":"${ISSUER}","aud":"${SERVICE}","sub":"${ISSUER}","iat":1767225600,"exp":1767225660,"jti":"1"`;

  it('may be written by hand, with white space', async () => {
    await expect(
      accepted({ rawHeader: header(), rawClaims: `\r\n{ ${members}\t}\n` }),
    ).resolves.toBeDefined();
  });

  it.each([
    'nonsense',
    '[]',
    '"text"',
    '1',
    'null',
    'true',
    '',
    ' ',
    '{',
    '{}{}',
    "{'alg':'ES256'}",
    '{"alg":"ES256",}',
    '[{"alg":"ES256"}]',
  ])('must be one object; as header it cannot be %j', async (rawHeader) => {
    expect(await refused({ rawHeader })).toBe('token_malformed');
  });

  it.each([
    'nonsense',
    '[]',
    '"text"',
    '1',
    'null',
    'true',
    ' ',
    '{',
    '{}{}',
    `{${members}} x`,
    `{${members},}`,
    `[{${members}}]`,
    `{${members}/**/}`,
    `{${members},"n":01}`,
    `{${members},"n":NaN}`,
  ])('must be one object; as claims it cannot be %j', async (rawClaims) => {
    expect(await refused({ rawClaims })).toBe('token_malformed');
  });

  it('cannot be UTF-16', async () => {
    expect(await refused({ rawClaims: Buffer.from(`{${members}}`, 'utf16le') })).toBe('token_malformed');
  });

  it.each([
    ['a byte that UTF-8 does not have', [0xff]],
    ['a sequence that is cut off', [0xc3]],
    ['an overlong sequence', [0xc0, 0xa2]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
  ])('cannot hold %s', async (_what, octets) => {
    const rawClaims = Buffer.concat([
      Buffer.from(`{${members},"x":"`),
      Buffer.from(octets),
      Buffer.from('"}'),
    ]);
    expect(await refused({ rawClaims })).toBe('token_malformed');
  });

  it('cannot begin with a byte order mark', async () => {
    expect(await refused({ rawClaims: `\ufeff{${members}}` })).toBe('token_malformed');
  });

  it.each([
    ['one claim twice', `{${members},"sub":"https://census.service/user/1/"}`],
    ['one claim twice with the same value', `{${members},"sub":"${ISSUER}"}`],
    ['one claim twice, once with an escape', `{${members},"s\\u0075b":"https://census.service/user/1/"}`],
    ['one claim of an inner object twice', `{${members},"act":{"sub":"${ISSUER}","sub":"x"}}`],
  ])('cannot hold %s', async (_what, rawClaims) => {
    expect(await refused({ rawClaims })).toBe('token_malformed');
  });

  it('cannot hold one header parameter twice', async () => {
    const rawHeader = `{"alg":"none","alg":"ES256","kid":"${kid()}","typ":"svc+jwt"}`;
    expect(await refused({ rawHeader })).toBe('token_malformed');
  });

  it('carries claims with the names of built-in members as data', async () => {
    const rawClaims = `{${members},"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"toString":1,"hasOwnProperty":null}`;
    const { principal } = await accepted({ rawClaims });
    expect(principal.scopes.size).toBe(0);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    const { claims } = readUnverified(forgeToken({ rawClaims }), 8192);
    expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
    expect(Object.keys(claims)).toContain('__proto__');
  });

  it('does not find a claim that only the prototype holds', async () => {
    const rawClaims = `{${members.replace(/"sub":"[^"]*",/, '')},"__proto__":{"sub":"${ISSUER}"}}`;
    expect(await refused({ rawClaims })).toBe('claim_missing');
  });

  it.each([
    ['arrays', '['.repeat(10_000) + ']'.repeat(10_000)],
    ['objects', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
  ])('cannot nest 10,000 deep: %s', async (_what, deep) => {
    const rawClaims = `{${members},"deep":${deep}}`;
    expect(await refused({ rawClaims }, { verifier: { maxTokenBytes: 200_000 } })).toBe('token_malformed');
  });
});

describe('the header of a token', () => {
  it.each([undefined, 1, ['ES256'], null, { name: 'ES256' }, true])(
    'must name its algorithm: %j',
    async (alg) => {
      expect(await refused({ header: { alg } })).toBe('token_malformed');
    },
  );

  it.each([1, ['svc+jwt'], null])('must have a type that is a text: %j', async (typ) => {
    expect(await refused({ header: { typ } })).toBe('token_malformed');
  });

  it.each([
    ['an unknown critical extension', { crit: ['exp'], exp: 1 }],
    ['an empty list of critical extensions', { crit: [] }],
    ['critical extensions that are no list', { crit: null }],
    ['claims that are not encoded', { b64: false, crit: ['b64'] }],
    ['b64 alone', { b64: true }],
    ['compressed claims', { zip: 'DEF' }],
    ['a token inside', { cty: 'JWT' }],
    ['encryption', { enc: 'A256GCM' }],
    ['a key of its own', { jwk: trustedKey().jwk }],
    ['the address of a key set', { jku: 'https://attacker.example/jwks.json' }],
    ['the address of a certificate', { x5u: 'https://attacker.example/cert.pem' }],
    ['a certificate', { x5c: ['MIIB'] }],
  ])('cannot hold %s', async (_what, header) => {
    expect(await refused({ header })).toBe('header_not_allowed');
  });

  it.each([
    ['a number', 1],
    ['null', null],
    ['an array', [trustedKey().kid]],
    ['empty', ''],
    ['1 KB long', 'k'.repeat(1024)],
    ['256 characters long', 'k'.repeat(256)],
    ['a path that climbs', '../../etc/passwd'],
    ['a piece of SQL', "' OR 1=1"],
    ['two lines', 'key\nkey'],
    ['ended by a newline', `${trustedKey().kid}\n`],
    ['beyond ASCII', 'kéy'],
    ['ended by a NUL', `${trustedKey().kid}\u0000`],
  ])('cannot name a key that is %s', async (_what, kid) => {
    expect(await refused({ header: { kid } })).toBe('header_not_allowed');
  });

  it.each(['0001', 'k'.repeat(255), 'herald/2026:key@1', 'a+b/c=', 'A_b.c~d'])(
    'may name a key %j',
    async (kid) => {
      const key = { ...trustedKey(), kid, jwk: { ...trustedKey().jwk, kid } };
      await expect(accepted({}, { key })).resolves.toMatchObject({ keyId: kid });
    },
  );

  it('may hold parameters that change nothing', async () => {
    await expect(accepted({ header: { 'x5t#S256': 'abc', note: [1] } })).resolves.toBeDefined();
  });
});

it('keeps the octets that were signed as they were sent', () => {
  const token = forgeToken({ rawClaims: ' {"iss": "a"} ' });
  const { signingInput, signature } = readUnverified(token, 8192);
  expect(`${signingInput}.${base64url(signature)}`).toBe(token);
  expect(signatureOf(signingInput, trustedKey())).toHaveLength(64);
});
