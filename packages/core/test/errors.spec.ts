import { inspect } from 'node:util';
import { CountersignError, FAULTS, type FaultCode } from '../src/errors.js';

const codes = Object.keys(FAULTS) as FaultCode[];

describe('the table of faults', () => {
  it('names every code in lower case with underscores', () => {
    expect(codes.filter((code) => !/^[a-z]+(_[a-z]+)*$/.test(code))).toEqual([]);
  });

  it('has a sentence of its own for each code', () => {
    const titles = codes.map((code) => FAULTS[code].title);
    expect(new Set(titles).size).toBe(codes.length);
    expect(titles.filter((title) => !/^[A-Z][^"<>\\{}$\n]{5,90}\.$/.test(title))).toEqual([]);
  });

  it('says whose fault each one is', () => {
    const kinds = new Set(codes.map((code) => FAULTS[code].kind));
    expect(kinds).toEqual(
      new Set(['unauthenticated', 'forbidden', 'bad_request', 'unavailable', 'misconfigured']),
    );
  });

  it.each([
    ['token_missing', 'unauthenticated'],
    ['signature_invalid', 'unauthenticated'],
    ['token_replayed', 'unauthenticated'],
    ['request_malformed', 'bad_request'],
    ['body_too_large', 'bad_request'],
    ['scope_missing', 'forbidden'],
    ['policy_missing', 'forbidden'],
    ['keys_unavailable', 'unavailable'],
    ['replay_store_unavailable', 'unavailable'],
    ['token_unavailable', 'unavailable'],
    ['config_invalid', 'misconfigured'],
    ['user_context_missing', 'misconfigured'],
    ['destination_unknown', 'misconfigured'],
  ] as const)('calls %s %s', (code, kind) => {
    expect(FAULTS[code].kind).toBe(kind);
  });

  it('leaves the status to the kind, but for a body that is too large', () => {
    const own = codes.filter((code) => FAULTS[code].status !== undefined);
    expect(own).toEqual(['body_too_large']);
    expect(FAULTS.body_too_large.status).toBe(413);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(FAULTS)).toBe(true);
  });
});

describe('a fault', () => {
  it.each(codes)('with the code %s takes its kind from the table', (code) => {
    const fault = new CountersignError(code, 'what failed');
    expect(fault).toBeInstanceOf(Error);
    expect(fault).toMatchObject({
      name: 'CountersignError',
      code,
      kind: FAULTS[code].kind,
      message: 'what failed',
    });
  });

  it('says nothing more unless it is told', () => {
    const fault = new CountersignError('key_unknown', 'no such key');
    expect(fault.requiredScopes).toEqual([]);
    expect(fault.retryAfterSeconds).toBeUndefined();
    expect('cause' in fault).toBe(false);
  });

  it('keeps its cause for the operator, and out of what is serialised', () => {
    const cause = new Error('open sesame');
    const fault = new CountersignError('token_unavailable', 'our own key could not sign', {
      cause,
      retryAfterSeconds: 1,
    });
    expect(fault.cause).toBe(cause);
    expect(JSON.parse(JSON.stringify(fault))).toEqual({
      name: 'CountersignError',
      code: 'token_unavailable',
      kind: 'unavailable',
      requiredScopes: [],
      retryAfterSeconds: 1,
    });
    expect(String(fault)).toBe('CountersignError: our own key could not sign');
  });

  it('shows the scopes that a route needs', () => {
    const fault = new CountersignError('scope_missing', 'a scope is needed', {
      requiredScopes: ['user:read'],
    });
    expect(fault.requiredScopes).toEqual(['user:read']);
    expect(inspect(fault)).toContain('scope_missing');
  });
});

it.each([
  ['token_malformed', false],
  ['request_malformed', false],
  ['scope_missing', true],
  ['keys_unavailable', true],
  ['config_invalid', true],
] as const)('keeps its stack unless it is about what was sent: %s', (code, hasStack) => {
  const limit = Error.stackTraceLimit;
  const fault = new CountersignError(code, 'for the operator');
  expect(fault.stack?.includes('errors.spec')).toBe(hasStack);
  expect(fault.message).toBe('for the operator');
  expect(Error.stackTraceLimit).toBe(limit);
});
