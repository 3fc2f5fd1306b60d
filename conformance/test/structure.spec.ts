import { ADAPTERS, badRequest, refused, Scene, SERVICE, TOKEN_MISSING, USER } from './support/scene.js';
import { signText, signParts } from './support/sign.js';

const MALFORMED = refused('token_malformed');
const NO_TOKEN = badRequest('request_malformed');

describe.each(ADAPTERS)('$name: the text of a token', (adapter) => {
  const scene = Scene.use(adapter);
  const path = '/read';
  const partsOf = async () => (await scene.token()).split('.') as [string, string, string];

  it('is read in any case of its scheme', async () => {
    const token = await scene.token();
    for (const scheme of ['Bearer', 'bearer', 'BEARER'])
      await scene.accepts({ path, headers: [['Authorization', `${scheme} ${token}`]] });
  });

  it('has to be there', async () => {
    await scene.refuses({ path }, TOKEN_MISSING);
    await scene.refuses({ path, headers: [['Authorization', 'Basic YTpi']] }, TOKEN_MISSING);
    await scene.refuses({ path: `${path}?token=${await scene.token()}` }, TOKEN_MISSING);
  });

  it.each<[string, (token: string) => readonly (readonly [string, string])[]]>([
    ['nothing', () => [['Authorization', 'Bearer']]],
    ['two words', (token) => [['Authorization', `Bearer ${token} ${token}`]]],
    ['a comma', (token) => [['Authorization', `Bearer ${token},`]]],
    ['JSON', () => [['Authorization', 'Bearer {"payload":"e30"}']]],
    [
      'the headers Authorization and JWT',
      (token) => [
        ['Authorization', `Bearer ${token}`],
        ['JWT', token],
      ],
    ],
  ])('cannot be %s', async (_what, headers) => {
    await scene.refuses({ path, headers: headers(await scene.token()) }, NO_TOKEN);
  });

  if (adapter.isHttp2 !== true) {
    // The HTTP/2 client of Node sends no header of this name twice.
    it('cannot be in two headers of one name', async () => {
      const header = ['Authorization', `Bearer ${await scene.token()}`] as const;
      await scene.refuses({ path, headers: [header, header] }, NO_TOKEN);
    });
  }

  it('cannot stand in the query as well', async () => {
    const token = await scene.token();
    await scene.refuses({ path: `${path}?access_token=${token}`, token }, NO_TOKEN);
  });

  it.each<[string, (header: string, claims: string, signature: string) => string]>([
    ['one part', (header) => header],
    ['two parts', (header, claims) => `${header}.${claims}`],
    ['four parts', (header, claims, signature) => `${header}.${claims}.${signature}.${signature}`],
    ['five parts', (header, claims, signature) => `${header}.${claims}.${signature}.${claims}.${signature}`],
    ['an empty part within', (header, claims, signature) => `${header}..${claims}.${signature}`],
    ['an empty first part', (header, claims, signature) => `.${header}.${claims}.${signature}`],
    ['an empty last part', (header, claims, signature) => `${header}.${claims}.${signature}.`],
    ['no signature', (header, claims) => `${header}.${claims}.`],
    ['padding', (header, claims, signature) => `${header}.${claims}.${signature}==`],
    [
      'other bits behind the last octet',
      (header, claims, signature) => `${header}.${claims}.${otherBits(signature)}`,
    ],
  ])('is refused with %s', async (_what, change) => {
    await scene.refuses({ path, token: change(...(await partsOf())) }, MALFORMED);
  });

  it.each<[string, Uint8Array | string]>([
    ['text that is no JSON', 'claims'],
    ['an array', '[]'],
    ['text', '"text"'],
    ['a number', '7'],
    ['null', 'null'],
    ['octets that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['a member twice', '{"sub":"a","sub":"b"}'],
    ['thousands of levels', `{"a":${'['.repeat(2500)}${']'.repeat(2500)}}`],
  ])('is refused when its claims are %s, although they are signed', async (_what, claims) => {
    await scene.refuses({ path, token: await signText(scene.gateway, claims) }, MALFORMED);
  });

  it('may have claims with names of the language', async () => {
    const now = scene.clock.now();
    const claims = {
      iss: scene.gateway.issuer,
      aud: SERVICE,
      sub: USER,
      iat: now,
      exp: now + 60,
      jti: 'a',
      scope: 'order:read',
    };
    const text = JSON.stringify(claims).replace('{', '{"__proto__":{"scope":"admin"},"constructor":1,');
    await scene.accepts({ path, token: await signText(scene.gateway, text) });
    expect(Object.prototype).not.toHaveProperty('scope');
  });

  it('is refused when it is larger than is read', async () => {
    const token = await scene.token({ padding: 'x'.repeat(9000) });
    await scene.refuses({ path, token }, refused('token_too_large'));
  });

  it('is refused with another signature, of the same key or of another', async () => {
    const [header, claims] = await partsOf();
    const [, , other] = (await scene.token({ jti: 'other' })).split('.') as [string, string, string];
    await scene.refuses({ path, token: `${header}.${claims}.${other}` }, refused('signature_invalid'));
    const foreign = await signParts(scene.herald, header, claims);
    await scene.refuses({ path, token: foreign }, refused('signature_invalid'));
  });
});

/** The same octets, written with other bits where nobody reads them. */
function otherBits(part: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(part.at(-1) ?? '');
  return part.slice(0, -1) + (alphabet[last ^ 1] ?? '');
}
