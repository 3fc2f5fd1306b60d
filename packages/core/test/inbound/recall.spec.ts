import { type InboundRequest } from '../../src/inbound/authenticate.js';
import { createVerifier, type Verifier } from '../../src/inbound/verifier.js';
import { createForgeKey, forgeToken, NOW, SERVICE, sha256, trustedKey } from '../support/forge.js';
import {
  authenticated,
  codeOf,
  codeOfCall,
  createScene,
  inboundRequest,
  trustRecord,
  type RequestParts,
  type Setting,
} from '../support/scene.js';
import { isRecalled as isStillRecalled, remembered } from '../support/recalled.js';

/** A signature on this curve is always checked off the event loop: an answer without a promise was recalled. */
const key = trustedKey('ES384');
const GET: RequestParts = { method: 'GET', url: '/user/21/', body: new Uint8Array() };

function requestWith(claims: object = {}, parts: Partial<RequestParts> = {}): InboundRequest {
  return inboundRequest({ ...GET, ...parts }, forgeToken({ claims: { ...claims } }, key));
}

async function isRecalled(verifier: Verifier, request: InboundRequest): Promise<boolean> {
  const answer = verifier.authenticate(request);
  await answer;
  return !(answer instanceof Promise);
}

const recalling = (setting: Setting = {}) => createScene({ key, ...setting });

describe('a token that was accepted before', () => {
  it('is accepted without a promise, with the same answer', async () => {
    const { verifier } = recalling();
    const request = requestWith({ txn: 'txn-1', roles: ['support'] });
    const first = await remembered(verifier, request);
    expect(verifier.authenticate(request)).toEqual(first);
    expect(await verifier.authenticate(request)).toEqual(first);
  });

  it('is recalled from its third use on: a token that comes once leaves nothing behind', async () => {
    const { verifier } = recalling();
    const request = requestWith();
    const uses = [];
    for (let use = 0; use < 4; use++) uses.push(await isRecalled(verifier, request));
    expect(uses).toEqual([false, false, true, true]);
  });

  it('is checked in full every time where recall is switched off', async () => {
    const { verifier } = recalling({ verifier: { recall: false } });
    const request = requestWith();
    await remembered(verifier, request);
    expect(await isRecalled(verifier, request)).toBe(false);
  });

  it('gets a transaction id of its own for each request where it names none', async () => {
    const { verifier } = recalling();
    const request = requestWith();
    const ids = new Set<string>();
    for (let use = 0; use < 4; use++) ids.add((await verifier.authenticate(request)).principal.transactionId);
    expect(ids.size).toBe(4);
  });

  it('is known in either header, and with any spelling of the scheme', async () => {
    const { verifier } = recalling();
    const token = forgeToken({}, key);
    const sent = [
      ['JWT', token],
      ['authorization', `bEARER   ${token}`],
      ['Authorization', `Bearer ${token}`],
    ];
    await remembered(verifier, { ...requestWith(), rawHeaders: sent[0]! });
    for (const rawHeaders of sent)
      expect(await isRecalled(verifier, { ...requestWith(), rawHeaders })).toBe(true);
  });

  it('is refused when it comes twice in one request, or beside one in the query', async () => {
    const { verifier } = recalling();
    const request = requestWith();
    await remembered(verifier, request);
    const twice = { ...request, rawHeaders: [...request.rawHeaders, ...request.rawHeaders] };
    expect(codeOfCall(() => verifier.authenticate(twice))).toBe('request_malformed');
    const inQuery = { ...request, url: '/user/21/?access_token=x' };
    expect(codeOfCall(() => verifier.authenticate(inQuery))).toBe('request_malformed');
  });

  it('is another token with one character more, less or changed', async () => {
    const { verifier } = recalling();
    const token = forgeToken({}, key);
    await remembered(verifier, inboundRequest(GET, token));
    for (const other of [`${token}A`, token.slice(0, -1), `${token.slice(0, -9)}_AAAAAAAA`, `${token}=`]) {
      expect(await codeOf(authenticated(verifier, inboundRequest(GET, other)))).toMatch(
        /^(token_malformed|signature_invalid)$/,
      );
    }
  });

  it('is not accepted by the verifier of another audience in the same process', async () => {
    const here = recalling();
    const elsewhere = recalling({ verifier: { service: 'https://elsewhere.service/' } });
    const request = requestWith();
    await remembered(here.verifier, request);
    expect(await codeOf(authenticated(elsewhere.verifier, request))).toBe('audience_mismatch');
  });
});

describe('what is checked again of a token that is recalled', () => {
  it.each([
    ['its expiry', { exp: NOW + 20 }, 50, 'token_expired'],
    ['its expiry, when the clock jumps forward', {}, 3600, 'token_expired'],
    ['when it was issued, when the clock jumps back', {}, -3600, 'token_issued_in_future'],
    [
      'when it begins, when the clock jumps back',
      { nbf: NOW, iat: NOW - 60, exp: NOW + 60 },
      -31,
      'token_not_yet_valid',
    ],
  ] as const)('%s', async (_what, claims, seconds, code) => {
    const { verifier, clock } = recalling();
    const request = requestWith(claims);
    await remembered(verifier, request);
    expect(await isRecalled(verifier, request)).toBe(true);
    clock.set(NOW + seconds);
    expect(codeOfCall(() => verifier.authenticate(request))).toBe(code);
  });

  it('whether a write had to be bound to its body', async () => {
    const { verifier } = recalling();
    const claims = { jti: 'read' };
    const token = forgeToken({ claims }, key);
    await remembered(verifier, inboundRequest(GET, token));
    const write = inboundRequest({ ...GET, method: 'POST' }, token);
    expect(codeOfCall(() => verifier.authenticate(write))).toBe('body_binding_missing');
  });
});

describe('what is not recalled', () => {
  it.each([
    ['method, path and body', { bdy: sha256(''), htm: 'GET', htu: `${SERVICE}user/21/` }],
    ['body', { bdy: sha256('') }],
    ['method', { htm: 'GET' }],
    ['path', { htu: `${SERVICE}user/21/` }],
  ])('a token that is bound to its %s', async (_what, claims) => {
    const { verifier } = recalling();
    const request = requestWith(claims);
    for (let time = 0; time < 3; time++) expect(await isRecalled(verifier, request)).toBe(false);
  });

  it('a token that may be used only once', async () => {
    const { verifier } = recalling();
    const bound = { bdy: sha256('{}'), htm: 'POST', htu: `${SERVICE}user/` };
    const request = requestWith(bound, { method: 'POST', url: '/user/', body: Buffer.from('{}') });
    await verifier.useOnce(await verifier.authenticate(request));
    const again = verifier.authenticate(request);
    expect(again).toBeInstanceOf(Promise);
    expect(await codeOf(Promise.resolve(again).then((found) => verifier.useOnce(found)))).toBe(
      'token_replayed',
    );
  });

  it('a token that lives by the tolerance for clocks only', async () => {
    const { verifier, clock } = recalling();
    const request = requestWith();
    clock.advance(75);
    for (let time = 0; time < 3; time++) expect(await isRecalled(verifier, request)).toBe(false);
  });

  it('a token whose delegation is refused, though signature and claims are good', async () => {
    const { verifier } = recalling();
    const request = requestWith({ sub: `${SERVICE}user/21/` });
    for (let time = 0; time < 3; time++) {
      const answer = verifier.authenticate(request);
      expect(answer).toBeInstanceOf(Promise);
      expect(await codeOf(Promise.resolve(answer))).toBe('delegation_not_allowed');
    }
  });
});

describe('a token is recalled for', () => {
  it.each([
    ['60 seconds', NOW + 300, 60],
    ['as long as it lives', NOW + 20, 20],
  ])('%s at most', async (_what, exp, seconds) => {
    const { verifier, clock } = recalling();
    const request = requestWith({ exp });
    await remembered(verifier, request);
    clock.advance(seconds - 0.001);
    expect(await isRecalled(verifier, request)).toBe(true);
    clock.advance(0.001);
    expect(await isRecalled(verifier, request)).toBe(false);
  });

  it('that time by the monotonic clock, also when the wall clock stands still or is set back', async () => {
    const { verifier, clock } = recalling();
    const request = requestWith({ exp: NOW + 300 });
    await remembered(verifier, request);
    clock.advance(60);
    clock.set(NOW);
    expect(await isRecalled(verifier, request)).toBe(false);
    clock.set(NOW - 20);
    expect(await isRecalled(verifier, request)).toBe(true);
  });

  it('that time from when it was checked, however often it is used', async () => {
    const { verifier, clock } = recalling();
    const request = requestWith({ exp: NOW + 300 });
    await remembered(verifier, request);
    for (let second = 1; second < 60; second++) {
      clock.advance(1);
      expect(await isRecalled(verifier, request)).toBe(true);
    }
    clock.advance(1);
    expect(await isRecalled(verifier, request)).toBe(false);
  });
});

describe('the memory of tokens', () => {
  it('holds no more than it is told to, however many come', async () => {
    const { verifier } = recalling({ verifier: { recall: { maxTokens: 4 } } });
    const requests = Array.from({ length: 12 }, () => requestWith());
    for (const request of requests) await remembered(verifier, request);
    const kept = requests.map((request) => isStillRecalled(verifier, request));
    expect(kept.filter((isKept) => isKept).length).toBeLessThanOrEqual(4);
    expect(kept.at(-1)).toBe(true);
  });

  it('keeps a token that is in use through a flood of others', async () => {
    const { verifier } = recalling({ verifier: { recall: { maxTokens: 4 } } });
    const inUse = requestWith();
    await remembered(verifier, inUse);
    for (let time = 0; time < 12; time++) {
      await remembered(verifier, requestWith());
      expect(await isRecalled(verifier, inUse)).toBe(true);
    }
  });

  it('is not filled by long tokens either', async () => {
    const { verifier } = recalling({ verifier: { recall: { maxTokens: 4 } } });
    const long = Array.from({ length: 4 }, () => requestWith({ note: 'x'.repeat(1500) }));
    for (const request of long) await remembered(verifier, request);
    const kept = long.map((request) => isStillRecalled(verifier, request));
    expect(kept).toEqual([false, false, true, true]);
  });

  it('is not touched by a flood of garbage', async () => {
    const { verifier } = recalling({ verifier: { recall: { maxTokens: 4 } } });
    const inUse = [requestWith(), requestWith()];
    for (const request of inUse) await remembered(verifier, request);
    const stranger = createForgeKey('ES384');
    const forged = [
      () => 'x',
      () => forgeToken({ signedBy: stranger }, key),
      () => forgeToken({ claims: { aud: 'https://elsewhere.service/' } }, key),
      () => forgeToken({ claims: { iss: 'https://unknown.service/' } }, key),
      () => forgeToken({ header: { kid: 'unknown' } }, key),
    ];
    for (let round = 0; round < 20; round++) {
      for (const forge of forged) {
        await expect(authenticated(verifier, inboundRequest(GET, forge()))).rejects.toThrow();
      }
    }
    for (const request of inUse) expect(await isRecalled(verifier, request)).toBe(true);
  });

  it.each([
    [true, 'recall must be false or an object'],
    [{ maxTokens: 1 }, 'recall.maxTokens'],
    [{ maxTokens: 1_000_001 }, 'recall.maxTokens'],
    [{ maxToken: 5 }, 'recall.maxToken is not an option'],
  ])('cannot be %j', (recall, problem) => {
    const options = { service: SERVICE, trust: [trustRecord()], recall: recall as false };
    expect(() => createVerifier(options)).toThrow(problem);
  });
});
