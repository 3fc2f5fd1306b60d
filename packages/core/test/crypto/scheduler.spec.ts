import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { mayRunInPlace } from '../../src/crypto/scheduler.js';
import { EVERY_ALGORITHM, trustedKey } from '../support/forge.js';

const rsa = (modulusLength: number, publicExponent = 0x10001): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey;

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
beforeEach(nextTurn);

describe('a signature is made or checked in place', () => {
  it.each(EVERY_ALGORITHM)('or not, by what that costs: %s', (algorithm) => {
    const { publicKey } = trustedKey(algorithm);
    const isSlowCurve = algorithm === 'ES384' || algorithm === 'ES512';
    const isRsa = /^[RP]S/.test(algorithm);
    expect(mayRunInPlace('verify', algorithm, publicKey)).toBe(!isSlowCurve);
    expect(mayRunInPlace('sign', algorithm, publicKey)).toBe(!isSlowCurve && !isRsa);
  });

  it('only with an RSA key of 4,096 bits at most, and with a short exponent', () => {
    expect(mayRunInPlace('verify', 'RS256', rsa(4096))).toBe(true);
    expect(mayRunInPlace('verify', 'RS256', rsa(4104))).toBe(false);
    expect(mayRunInPlace('verify', 'RS256', rsa(2048, 0x10003))).toBe(false);
  });

  it('for half a millisecond in one turn of the event loop at most, or two where there is one core only', async () => {
    const { publicKey } = trustedKey('ES256');
    let inPlace = 0;
    while (mayRunInPlace('verify', 'ES256', publicKey)) inPlace++;
    expect(inPlace).toBe(availableParallelism() > 1 ? 10 : 40);
    expect(mayRunInPlace('sign', 'EdDSA', trustedKey('EdDSA').publicKey)).toBe(false);
    await nextTurn();
    expect(mayRunInPlace('verify', 'ES256', publicKey)).toBe(true);
  });
});
