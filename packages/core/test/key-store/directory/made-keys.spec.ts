import { type JsonWebKey } from 'node:crypto';
import { makeKey } from '../../../src/key-store/directory/commit-keys.js';
import { generatePrivateJwk, readSigningKey } from '../../../src/signing-keys/signing-key.js';

/** A key whose id fits. */
async function keyWith(
  fits: (kid: string) => boolean,
): Promise<{ readonly jwk: JsonWebKey; readonly kid: string }> {
  for (;;) {
    const jwk = await generatePrivateJwk('EdDSA');
    const { kid } = (await readSigningKey(jwk, 'the key')).jwk;
    if (fits(kid)) return { jwk, kid };
  }
}

describe('a key that we make', () => {
  it('is made again until its id does not begin with a hyphen, so that a command does not take it for an option', async () => {
    const likeOption = await keyWith((kid) => kid.startsWith('-'));
    const good = await keyWith((kid) => !kid.startsWith('-'));
    const drawn = [likeOption.jwk, likeOption.jwk, good.jwk];
    const made = await makeKey('EdDSA', () => Promise.resolve(drawn.shift()!));
    expect(drawn).toEqual([]);
    expect(made.key).toEqual({ keyId: good.kid, algorithm: 'EdDSA', file: `key-${good.kid}.jwk.json` });
    expect(JSON.parse(made.text)).toEqual(good.jwk);
  });

  it('has an id that begins with anything else, of 500 keys', async () => {
    const kids = await Promise.all(
      Array.from({ length: 500 }, async () => (await makeKey('EdDSA')).key.keyId),
    );
    expect(kids.filter((kid) => kid.startsWith('-'))).toEqual([]);
  });
});
