import { keySetAnswer } from '../../../src/http/answers/key-set-answer.js';
import { DEFAULT_VERIFIER_CACHE_SECONDS } from '../../../src/rotation.js';

const document = { keys: [] };
const maxAgeOf = (verifierCacheSeconds?: number) =>
  keySetAnswer({
    publicKeys: () => document,
    ...(verifierCacheSeconds !== undefined && { verifierCacheSeconds }),
  }).headers['Cache-Control'];

describe('The published keys of a service', () => {
  it('are the public key set, in its media type', () => {
    expect(keySetAnswer({ publicKeys: () => document })).toMatchObject({
      headers: { 'Content-Type': 'application/jwk-set+json' },
      document,
    });
  });

  it('may be kept for as long as a rotation waits for those who keep them', () => {
    expect(maxAgeOf(60)).toBe('public, max-age=60');
    expect(maxAgeOf()).toBe(`public, max-age=${String(DEFAULT_VERIFIER_CACHE_SECONDS)}`);
  });
});
