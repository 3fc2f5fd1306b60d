import { createHash } from 'node:crypto';
import { boundUri } from '../../../src/binding.js';
import { bodyHash, EMPTY_BODY_HASH } from '../../../src/body-hash.js';
import { CountersignError } from '../../../src/errors.js';
import { bindingClaims, sha256 } from '../../support/forge.js';
import { authenticated, accepted, codeOf, createScene, refused, type Setting } from '../../support/scene.js';

const JSON_BODY = Buffer.from('{"user":"https://census.service/user/42/","type":"welcome"}');

/** A write with a body, by a token that is bound to it. */
const POST: Setting = { bound: true, request: { method: 'POST', url: '/user/', body: JSON_BODY } };

const GET: Setting = { bound: true, request: { method: 'GET', url: '/user/?cursor=a&limit=2' } };

describe('a token for a write', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'post', 'TRACE'])(
    'must be bound to the body of a %s',
    async (method) => {
      const setting = { bound: true, request: { ...POST.request, method } };
      expect(await refused({ claims: { bdy: undefined } }, setting)).toBe('body_binding_missing');
      const unbound = { bdy: undefined, htm: undefined, htu: undefined };
      expect(await refused({ claims: unbound }, setting)).toBe('body_binding_missing');
    },
  );

  it.each(['htm', 'htu'])('must be bound to its %s', async (name) => {
    expect(await refused({ claims: { [name]: undefined } }, POST)).toBe('body_binding_missing');
  });

  it('need not be bound where the trust record says so, and is checked all the same when it is', async () => {
    const setting: Setting = { ...POST, trust: { bodyBinding: 'off' } };
    const unbound = { bdy: undefined, htm: undefined, htu: undefined };
    await expect(accepted({ claims: unbound }, setting)).resolves.toMatchObject({ bound: false });
    expect(await refused({ claims: { bdy: sha256('else') } }, setting)).toBe('body_mismatch');
    expect(await refused({ claims: { htm: 'PUT' } }, setting)).toBe('binding_mismatch');
  });

  it('is accepted with the body that was signed', async () => {
    await expect(accepted({}, POST)).resolves.toMatchObject({ bound: true });
  });

  it('is accepted again for a second try with the same body: another token, the same hash', async () => {
    const scene = createScene(POST);
    const [first, second] = [await scene.accepted(), await scene.accepted()];
    await scene.verifier.useOnce(first);
    await scene.verifier.useOnce(second);
    expect(first.principal.tokenId).not.toBe(second.principal.tokenId);
  });

  it('is for one body: another request with the same token and another body is refused', async () => {
    const scene = createScene(POST);
    const token = { claims: { jti: 'shared' } };
    await expect(scene.accepted(token)).resolves.toBeDefined();
    expect(await scene.refused({ ...token, request: { body: Buffer.from('{}') } })).toBe('body_mismatch');
  });
});

describe('the body', () => {
  it.each([
    ['with one octet changed', Buffer.from(JSON_BODY.toString().replace('42', '43'))],
    ['with one space more', Buffer.from(`${JSON_BODY.toString()} `)],
    ['with a newline behind', Buffer.from(`${JSON_BODY.toString()}\n`)],
    [
      'with its members in another order',
      Buffer.from('{"type":"welcome","user":"https://census.service/user/42/"}'),
    ],
    ['with a byte order mark', Buffer.concat([Buffer.from('\ufeff'), JSON_BODY])],
    ['cut off', JSON_BODY.subarray(0, -1)],
    ['taken away', new Uint8Array()],
  ])('is not the signed one %s', async (_what, body) => {
    expect(await refused({ request: { body } }, POST)).toBe('body_mismatch');
  });

  it.each([
    ['text', Buffer.from('Hello, Zürich')],
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['binary', Buffer.from([0, 255, 254, 10, 13, 0])],
    ['a form', Buffer.from('--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n')],
    ['nothing', new Uint8Array()],
  ])('may be anything: %s', async (_what, body) => {
    const setting = { bound: true, request: { ...POST.request, body } };
    await expect(accepted({}, setting)).resolves.toMatchObject({ bound: true });
  });

  it('of a GET that says it has none is the empty one', async () => {
    await expect(accepted({}, GET)).resolves.toMatchObject({ bound: true, singleUse: undefined });
    expect(EMPTY_BODY_HASH).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU');
  });

  it('of a GET is checked too', async () => {
    expect(await refused({ request: { body: Buffer.from('x') } }, GET)).toBe('body_mismatch');
  });

  const hash = sha256(JSON_BODY);
  const octets = Buffer.from(hash, 'base64url');
  it.each([
    ['null', null],
    ['a number', 1],
    ['empty', ''],
    ['a list', [hash]],
    ['in hex', octets.toString('hex')],
    ['in upper-case hex', octets.toString('hex').toUpperCase()],
    ['with the name of its algorithm', `sha-256=${hash}`],
    ['in plain base64', octets.toString('base64')],
    ['padded', `${hash}=`],
    ['too short', hash.slice(0, -1)],
    ['too long', `${hash}A`],
    ['in another case', hash.toLowerCase() === hash ? hash.toUpperCase() : hash.toLowerCase()],
    ['with the last bits changed', `${hash.slice(0, -1)}${hash.endsWith('A') ? 'B' : 'A'}`],
    ['that of nothing', EMPTY_BODY_HASH],
    ['an MD5, which nobody accepts here', createHash('md5').update(JSON_BODY).digest('hex')],
    ['an SHA-512', createHash('sha512').update(JSON_BODY).digest('base64url')],
    ['long beyond reason', 'A'.repeat(4000)],
    ['of as many characters beyond ASCII', 'é'.repeat(hash.length)],
  ])('cannot be named by a hash that is %s', async (_what, bdy) => {
    expect(await refused({ claims: { bdy } }, POST)).toBe('body_mismatch');
  });

  it('that is unavailable is the fault of whoever should have it, never skipped', async () => {
    const { verifier, request } = createScene(POST);
    for (const code of ['body_too_large', 'raw_body_unavailable', 'request_malformed'] as const) {
      const body = () => Promise.reject(new CountersignError(code, 'told by the tap'));
      expect(await codeOf(authenticated(verifier, { ...request(), body }))).toBe(code);
    }
    const broken = { ...request(), body: () => Promise.reject(new TypeError('broken')) };
    await expect(authenticated(verifier, broken)).rejects.toThrow(TypeError);
  });

  it('is not asked for by a token that is not bound, nor for one that is refused before', async () => {
    let asked = 0;
    const scene = createScene();
    const body = () => {
      asked++;
      return scene.request().body();
    };
    await scene.verifier.authenticate({ ...scene.request(), body });
    const expired = createScene(POST);
    expired.clock.advance(3600);
    expect(await codeOf(authenticated(expired.verifier, { ...expired.request(), body }))).toBe(
      'token_expired',
    );
    expect(
      await codeOf(authenticated(expired.verifier, { ...expired.request({ request: { url: '/x' } }), body })),
    ).toBe('token_expired');
    expect(asked).toBe(0);
  });
});

describe('an old peer that signs MD5', () => {
  const md5 = createHash('md5').update(JSON_BODY).digest('hex');
  const setting: Setting = { ...POST, trust: { acceptMd5BodyHash: true } };

  it('is accepted where its trust record says so', async () => {
    await expect(accepted({ claims: { bdy: md5 } }, setting)).resolves.toMatchObject({ bound: true });
  });

  it.each(['htm', 'htu'])('must sign %s like everybody', async (name) => {
    expect(await refused({ claims: { bdy: md5, [name]: undefined } }, setting)).toBe('body_binding_missing');
  });

  it('is refused with the MD5 of another body, or one that is not written in lower-case hex', async () => {
    const other = createHash('md5').update('other').digest('hex');
    const base64 = Buffer.from(md5, 'hex').toString('base64url');
    for (const bdy of [other, md5.toUpperCase(), base64, md5.slice(1), `${md5}0`, `${md5}\n`]) {
      expect(await refused({ claims: { bdy } }, setting)).toBe('body_mismatch');
    }
  });

  it('may sign SHA-256 as well', async () => {
    await expect(accepted({}, setting)).resolves.toMatchObject({ bound: true });
  });

  it('makes the service hash each body twice, which others do not', () => {
    expect(createScene(setting).verifier.hashesMd5).toBe(true);
    expect(createScene(POST).verifier.hashesMd5).toBe(false);
  });
});

describe('an old peer that signs neither method nor path', () => {
  const setting: Setting = { ...POST, trust: { acceptTokensWithoutMethodAndPath: true } };

  it.each([['htm'], ['htu'], ['htm', 'htu']])(
    'is accepted where its trust record says so, without %s %s, once',
    async (...names) => {
      const claims = Object.fromEntries(names.map((name) => [name, undefined]));
      const scene = createScene(setting);
      const authentication = await scene.accepted({ claims: { ...claims, jti: 'one' } });
      expect(authentication.bound).toBe(true);
      await scene.verifier.useOnce(authentication);
      expect(await codeOf(scene.verifier.useOnce(authentication))).toBe('token_replayed');
    },
  );

  it('is refused when it signs another method or path', async () => {
    expect(await refused({ claims: { htm: 'PUT', htu: undefined } }, setting)).toBe('binding_mismatch');
    const elsewhere = { htm: undefined, htu: 'https://census.service/users/' };
    expect(await refused({ claims: elsewhere }, setting)).toBe('binding_mismatch');
  });

  it('must sign the body all the same, and by SHA-256', async () => {
    const md5 = createHash('md5').update(JSON_BODY).digest('hex');
    expect(await refused({ claims: { bdy: undefined } }, setting)).toBe('body_binding_missing');
    expect(await refused({ claims: { bdy: md5 } }, setting)).toBe('body_mismatch');
  });

  it('may sign by MD5 too where its trust record says both', async () => {
    const both = { ...setting, trust: { ...setting.trust, acceptMd5BodyHash: true } };
    const claims = { bdy: createHash('md5').update(JSON_BODY).digest('hex'), htm: undefined, htu: undefined };
    await expect(accepted({ claims }, both)).resolves.toMatchObject({ bound: true });
  });
});

describe('method and path', () => {
  it.each([
    ['another method', { method: 'PUT' }],
    ['another path', { url: '/users/' }],
    ['a second slash', { url: '//user/' }],
    ['no slash behind', { url: '/user' }],
    ['an escaped slash', { url: '/user%2F' }],
    ['an escaped letter', { url: '/%75ser/' }],
    ['another case', { url: '/User/' }],
    ['a path that climbs', { url: '/a/../user/' }],
    ['a query', { url: '/user/?a=1' }],
    ['an empty query', { url: '/user/?' }],
    ['a parameter of the path', { url: '/user/;x=1' }],
    ['a fragment', { url: '/user/#x' }],
    ['another host in absolute form', { url: 'https://herald.service/user/' }],
    ['its own host in absolute form', { url: 'https://census.service/user/' }],
  ])('cannot be %s', async (_what, request) => {
    expect(await refused({ request }, POST)).toBe('binding_mismatch');
  });

  it.each([
    ['its order', '/user/?limit=2&cursor=a'],
    ['its escapes', '/user/?cursor=%61&limit=2'],
    ['its end', '/user/?cursor=a&limit=2&'],
    ['its presence', '/user/'],
  ])('stand with their query: %s counts', async (_what, url) => {
    expect(await refused({ request: { url } }, GET)).toBe('binding_mismatch');
  });

  it('of a HEAD are not those of a GET', async () => {
    expect(await refused({ request: { method: 'HEAD' } }, GET)).toBe('binding_mismatch');
  });

  it.each([
    ['htm', null],
    ['htm', 'post'],
    ['htm', ['POST']],
    ['htm', ''],
    ['htu', null],
    ['htu', '/user/'],
    ['htu', ['https://census.service/user/']],
    ['htu', 'https://herald.service/user/'],
    ['htu', 'http://census.service/user/'],
    ['htu', 'https://census.service:443/user/'],
  ])('cannot be named by an %s of %j', async (name, value) => {
    expect(await refused({ claims: { [name]: value } }, POST)).toBe('binding_mismatch');
  });

  it('are checked before the body: a wrong path needs no body', async () => {
    const { verifier, request } = createScene(POST);
    const change = { request: { url: '/elsewhere/' } };
    const sent = { ...request(change), body: () => Promise.reject(new Error('asked for the body')) };
    expect(await codeOf(authenticated(verifier, sent))).toBe('binding_mismatch');
  });

  it('stand under the audience, whether or not it ends in a slash', () => {
    expect(boundUri('https://census.service/', '/user/?a=1')).toBe('https://census.service/user/?a=1');
    expect(boundUri('https://census.service', '/user/')).toBe('https://census.service/user/');
    expect(boundUri('https://example.org/census/', '/user/')).toBe('https://example.org/census/user/');
    expect(bodyHash(JSON_BODY)).toBe(bindingClaims({ method: 'GET', url: '/', body: JSON_BODY })['bdy']);
  });
});
