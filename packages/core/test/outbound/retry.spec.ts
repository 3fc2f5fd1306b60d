import { FAULTS, type FaultCode } from '../../src/errors.js';
import { type Destination, type DestinationRecord } from '../../src/outbound/destination.js';
import { createDestinations } from '../../src/outbound/destinations.js';
import { retryableRefusal, type RefusedCall } from '../../src/outbound/retry.js';
import { CENSUS, HERALD, TO_CENSUS } from '../support/call-chain.js';

function destination(change: Partial<DestinationRecord> = {}): Destination {
  const records = [{ ...TO_CENSUS, ...change } as DestinationRecord];
  const found = createDestinations(records, { service: HERALD, allowInsecureHttp: false }).of(
    new URL(TO_CENSUS.url),
  );
  if (found === undefined) throw new TypeError('the destination is not there');
  return found;
}

/** Census refuses herald's token, as Countersign does. */
function refusal(code: string, change: Partial<RefusedCall> = {}): RefusedCall {
  const problem = { type: `urn:countersign:fault:${code}`, title: 'x', status: 401, code };
  return {
    status: 401,
    challenge: `Bearer realm="${CENSUS}", error="invalid_token"`,
    contentType: 'application/problem+json',
    text: () => Promise.resolve(JSON.stringify(problem)),
    ...change,
  };
}

const MENDABLE: readonly string[] = [
  'token_expired', 'token_not_yet_valid', 'token_issued_in_future', 'key_unknown', 'signature_invalid',
  'token_inactive',
]; // prettier-ignore

const ORDINARY = refusal('token_expired');

describe('a refused call', () => {
  it.each(Object.keys(FAULTS) as FaultCode[])(
    'may be made again after %s only if a new token mends it',
    async (code) => {
      expect(await retryableRefusal(refusal(code), destination())).toBe(
        MENDABLE.includes(code) ? code : undefined,
      );
    },
  );

  it('is judged by at most 64 KiB of its answer', async () => {
    const asked: number[] = [];
    const text = (maxBytes: number) => {
      asked.push(maxBytes);
      return Promise.resolve(undefined);
    };
    expect(await retryableRefusal({ ...ORDINARY, text }, destination())).toBeUndefined();
    expect(asked).toEqual([65_536]);
  });

  it.each<[string, Partial<RefusedCall>]>([
    ['another status', { status: 403 }],
    ['no challenge', { challenge: null }],
    ['a challenge that names no error', { challenge: `Bearer realm="${CENSUS}"` }],
    ['the challenge of another service', { challenge: `Bearer realm="${HERALD}", error="invalid_token"` }],
    [
      'the challenge of a service whose name begins alike',
      { challenge: `Bearer realm="${CENSUS}x/", error="invalid_token"` },
    ],
    ['another error', { challenge: `Bearer realm="${CENSUS}", error="insufficient_scope"` }],
    ['another scheme', { challenge: `DPoP realm="${CENSUS}", error="invalid_token"` }],
    ['an error in another challenge', { challenge: `Bearer realm="${CENSUS}", DPoP error="invalid_token"` }],
    [
      'its realm in another challenge',
      { challenge: `Bearer realm="${HERALD}", error="invalid_token", DPoP realm="${CENSUS}"` },
    ],
    [
      'its realm within another parameter',
      { challenge: `Bearer realm="${HERALD}", x="realm=${CENSUS}", error="invalid_token"` },
    ],
    ['two realms', { challenge: `Bearer realm="${HERALD}", realm="${CENSUS}", error="invalid_token"` }],
    [
      'the challenges of two services',
      { challenge: `${String(ORDINARY.challenge)}, Bearer realm="${HERALD}", error="invalid_token"` },
    ],
    ['a challenge that says nothing', { challenge: `${String(ORDINARY.challenge)}, Basic` }],
    ['a challenge with an escape', { challenge: `${String(ORDINARY.challenge)}, x="\\""` }],
    ['a challenge without a scheme', { challenge: `realm="${CENSUS}", error="invalid_token"` }],
    ['something before the challenge', { challenge: `x ${String(ORDINARY.challenge)}` }],
    ['another content type', { contentType: 'application/json' }],
    ['a content type that only begins alike', { contentType: 'application/problem+jsonp' }],
    ['no content type', { contentType: null }],
    ['no JSON', { text: () => Promise.resolve('token_expired') }],
    ['no object', { text: () => Promise.resolve('null') }],
    ['a code without a type', { text: () => Promise.resolve('{"code":"token_expired"}') }],
    [
      'the type of another code',
      { text: () => Promise.resolve('{"code":"token_expired","type":"urn:countersign:fault:key_unknown"}') },
    ],
    [
      'a code that every object has',
      { text: () => Promise.resolve('{"code":"toString","type":"urn:countersign:fault:toString"}') },
    ],
  ])('is not made again after %s', async (_what, change) => {
    expect(await retryableRefusal({ ...ORDINARY, ...change }, destination())).toBeUndefined();
  });

  it('is not made again where a new token would be the same one, or none', async () => {
    for (const authorize of ['propagate', 'none'] as const)
      expect(await retryableRefusal(ORDINARY, destination({ authorize }))).toBeUndefined();
    expect(await retryableRefusal(ORDINARY, undefined)).toBeUndefined();
  });

  it.each([
    `Bearer realm="${CENSUS}", resource_metadata="https://census.service/.well-known/x", error="invalid_token"`,
    `Bearer error="invalid_token", realm="${CENSUS}"`,
    `Bearer realm="${CENSUS}", error="invalid_token", DPoP realm="${CENSUS}", algs="ES256 PS256"`,
    `DPoP realm="${CENSUS}", algs="ES256", Bearer realm="${CENSUS}", error="invalid_token"`,
  ])('may be made again whatever else the challenge says: %s', async (challenge) => {
    expect(await retryableRefusal({ ...ORDINARY, challenge }, destination())).toBe('token_expired');
  });

  it('may be made again when the problem has parameters, as some frameworks add', async () => {
    const contentType = 'application/problem+json; charset=utf-8';
    expect(await retryableRefusal({ ...ORDINARY, contentType }, destination())).toBe('token_expired');
  });
});
