import { json, startKeyServer, status, type KeyServer } from '../support/key-server.js';
import { createForgeKey, ISSUER, trustedKey } from '../support/forge.js';
import { authenticated, codeOf, createScene, type Change, type Scene } from '../support/scene.js';

/** What a token can make the service fetch: a real server stands where the keys are, another where an attacker waits. */
describe('a token cannot make the service call anybody', () => {
  let keys: KeyServer;
  let attacker: KeyServer;
  let scene: Scene;

  beforeEach(async () => {
    keys = await startKeyServer(json({ keys: [trustedKey().jwk] }));
    attacker = await startKeyServer(json({ keys: [createForgeKey().jwk] }));
    scene = createScene({ trust: { keys: { jwksUri: keys.jwksUri } } });
  });

  afterEach(async () => {
    await Promise.all([keys.close(), attacker.close()]);
  });

  const refusedCode = (change: Change) => codeOf(authenticated(scene.verifier, scene.request(change)));

  it.each([
    [
      'by an issuer that nobody trusts',
      () => ({ claims: { iss: new URL('/', attacker.jwksUri).href } }),
      'issuer_untrusted',
    ],
    ['without an issuer', () => ({ claims: { iss: undefined } }), 'issuer_untrusted'],
    ['by a list of issuers', () => ({ claims: { iss: [ISSUER, attacker.jwksUri] } }), 'issuer_untrusted'],
    ['by the address of a key set', () => ({ header: { jku: attacker.jwksUri } }), 'header_not_allowed'],
    ['by the address of a certificate', () => ({ header: { x5u: attacker.jwksUri } }), 'header_not_allowed'],
    ['by a key of its own', () => ({ header: { jwk: createForgeKey().jwk } }), 'header_not_allowed'],
    ['by a certificate of its own', () => ({ header: { x5c: ['MIIB'] } }), 'header_not_allowed'],
    ['without the name of a key', () => ({ header: { kid: undefined } }), 'header_not_allowed'],
    ['by a path for a key', () => ({ header: { kid: '../../etc/passwd' } }), 'header_not_allowed'],
    ['by an address for a key', () => ({ header: { kid: `${attacker.jwksUri}?` } }), 'header_not_allowed'],
    ['by an algorithm that is not listed', () => ({ header: { alg: 'RS256' } }), 'algorithm_not_allowed'],
    ['by no algorithm', () => ({ header: { alg: 'none' } }), 'algorithm_not_allowed'],
    ['by its size', () => ({ claims: { pad: 'x'.repeat(9000) } }), 'token_too_large'],
    ['by its shape', () => ({ compact: (token: string) => `${token}.` }), 'token_malformed'],
  ] as const)('%s', async (_what, change, code) => {
    expect(await refusedCode(change())).toBe(code);
    expect([keys.requests(), attacker.requests()]).toEqual([0, 0]);
    await expect(scene.accepted()).resolves.toBeDefined();
    expect([keys.requests(), attacker.requests()]).toEqual([1, 0]);
  });

  it('twice by keys that nobody knows: a thousand of them cause one fetch, and good tokens go on', async () => {
    await expect(scene.accepted()).resolves.toBeDefined();
    const unknown = (index: number) => refusedCode({ header: { kid: `unknown-${String(index)}` } });
    scene.clock.advance(31);
    const codes = await Promise.all(Array.from({ length: 500 }, (_, index) => unknown(index)));
    for (let time = 0; time < 500; time++) codes.push(await unknown(7));
    expect(new Set(codes)).toEqual(new Set(['key_unknown']));
    expect(keys.requests()).toBe(2);
    await expect(scene.accepted()).resolves.toBeDefined();
    expect(keys.requests()).toBe(2);
  });

  it('to accept a key that was taken out of the set', async () => {
    await expect(scene.accepted()).resolves.toBeDefined();
    const next = createForgeKey();
    keys.answer(json({ keys: [next.jwk] }));
    scene.clock.advance(31);
    const byNext = { header: { kid: next.kid }, signedBy: next, claims: { exp: 1_767_225_900 } };
    await expect(scene.accepted(byNext)).resolves.toMatchObject({ keyId: next.kid });
    expect(await refusedCode({})).toBe('key_unknown');
  });

  it('to call its keys unknown when they are unavailable', async () => {
    keys.answer(status(500));
    expect(await refusedCode({})).toBe('keys_unavailable');
  });
});
