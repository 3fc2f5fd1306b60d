import { authorize, type Requirement } from '../../src/policy/policy.js';
import { type Principal } from '../../src/principal.js';
import { ISSUER, USER } from '../support/forge.js';
import { accepted, codeOfCall, type Setting } from '../support/scene.js';

const FOR_USER: Setting = {
  trust: { actsFor: ['https://census.service/user/'], scopes: ['user:read', 'user:write', 'user'] },
  token: { claims: { sub: USER, scope: 'user:read', roles: ['support'] } },
};

const scope = (...anyOf: readonly string[]): Requirement => ({ kind: 'scope', anyOf });
const role = (...anyOf: readonly string[]): Requirement => ({ kind: 'role', anyOf });
const caller = (...anyOf: readonly string[]): Requirement => ({ kind: 'caller', anyOf });
const USER_ONLY: Requirement = { kind: 'subject', is: 'user' };
const SERVICE_ONLY: Requirement = { kind: 'subject', is: 'service' };
const AUTHENTICATED: Requirement = { kind: 'authenticated' };

describe('a route', () => {
  let user: Principal;
  let service: Principal;

  beforeAll(async () => {
    user = (await accepted({}, FOR_USER)).principal;
    service = (await accepted({ claims: { sub: ISSUER } }, FOR_USER)).principal;
  });

  const refusal = (principal: Principal, ...requirements: readonly Requirement[]) =>
    codeOfCall(() => authorize(principal, requirements));
  const allow = (principal: Principal, ...requirements: readonly Requirement[]) =>
    expect(() => authorize(principal, requirements)).not.toThrow();

  it('that states no requirement is for nobody', () => {
    expect(refusal(user)).toBe('policy_missing');
  });

  it('for everybody who is authenticated lets users and services in', () => {
    allow(user, AUTHENTICATED);
    allow(service, AUTHENTICATED);
  });

  it('for a caller lets that caller in', () => {
    allow(user, caller('herald'));
    allow(user, caller('gateway', 'herald'));
    expect(refusal(user, caller('gateway'))).toBe('caller_not_allowed');
  });

  it.each(['heraldX', 'xherald', 'her.ld', 'HERALD', 'her', 'herald ', '', ISSUER])(
    'for the caller %j is not for herald',
    (name) => {
      expect(refusal(user, caller(name))).toBe('caller_not_allowed');
    },
  );

  it('for a scope lets whoever has it in', () => {
    allow(user, scope('user:read'));
    allow(user, scope('user:write', 'user:read'));
    expect(refusal(user, scope('user:write'))).toBe('scope_missing');
  });

  it.each([
    'user:read:all',
    'user:rea',
    'User:Read',
    'user',
    'user:*',
    '*',
    ' user:read',
    'user:read ',
    '',
    'user:read user:write',
  ])('for the scope %j is not for user:read', (name) => {
    expect(refusal(user, scope(name))).toBe('scope_missing');
  });

  it.each(['user:read:all', 'user:rea', 'User:Read', 'user', '*'])(
    'for the scope user:read is not for a token with %s',
    async (name) => {
      const { principal } = await accepted({ claims: { scope: name } }, FOR_USER);
      expect(refusal(principal, scope('user:read'))).toBe('scope_missing');
    },
  );

  it('for a role lets whoever has it in, and roles are no scopes', () => {
    allow(user, role('support'));
    allow(user, role('admin', 'support'));
    expect(refusal(user, role('admin'))).toBe('role_missing');
    expect(refusal(user, role('Support'))).toBe('role_missing');
    expect(refusal(user, role('user:read'))).toBe('role_missing');
    expect(refusal(user, scope('support'))).toBe('scope_missing');
  });

  it('for users is not for a service that speaks for itself', () => {
    allow(user, USER_ONLY);
    expect(refusal(service, USER_ONLY)).toBe('user_required');
  });

  it('for services is not for a service that speaks for a user', () => {
    allow(service, SERVICE_ONLY);
    expect(refusal(user, SERVICE_ONLY)).toBe('delegation_not_allowed');
  });

  it('for users says that sub is missing where a third party left it out; one for services lets it in', async () => {
    const idp: Setting = {
      trust: { tokenType: 'at+jwt', algorithms: ['ES256'], claims: { optional: ['sub'] } },
      token: { header: { typ: 'at+jwt' }, claims: { client_id: 'web' } },
    };
    const { principal } = await accepted({ claims: { sub: undefined } }, idp);
    expect(refusal(principal, USER_ONLY)).toBe('claim_missing');
    allow(principal, SERVICE_ONLY);
    allow(principal, scope('user:read'));
    expect(principal.user).toBeUndefined();
  });

  it('with several requirements asks for all of them', () => {
    allow(user, caller('herald'), USER_ONLY, scope('user:read'), role('support'));
    expect(refusal(user, scope('user:read'), scope('user:write'))).toBe('scope_missing');
    expect(refusal(user, scope('user:write'), scope('user:read'))).toBe('scope_missing');
    expect(refusal(user, role('support'), role('admin'))).toBe('role_missing');
    expect(refusal(user, AUTHENTICATED, caller('gateway'))).toBe('caller_not_allowed');
    expect(refusal(user, caller('herald'), caller('gateway'))).toBe('caller_not_allowed');
  });

  it('judges first who calls, then for whom, then what it may do, however it is written', () => {
    const all = [role('admin'), scope('user:write'), SERVICE_ONLY, caller('gateway')];
    expect(refusal(user, ...all)).toBe('caller_not_allowed');
    expect(refusal(user, ...all.slice(0, 3))).toBe('delegation_not_allowed');
    expect(refusal(user, ...all.slice(0, 2))).toBe('scope_missing');
    expect(refusal(user, ...all.slice(0, 1))).toBe('role_missing');
  });

  it('names every scope that it asks for when one is missing', () => {
    const call = () => authorize(user, [scope('user:read'), role('admin'), scope('user:write', 'user:read')]);
    expect(call).not.toThrow(/scope/);
    const missing = () => authorize(user, [scope('user:read'), scope('user:write', 'user')]);
    expect(missing).toThrow(expect.objectContaining({ requiredScopes: ['user:read', 'user:write', 'user'] }));
  });

  it('that lists nobody lets nobody in', () => {
    expect(refusal(user, scope())).toBe('scope_missing');
    expect(refusal(user, role())).toBe('role_missing');
    expect(refusal(user, caller())).toBe('caller_not_allowed');
  });

  it.each([{ kind: 'scopes', anyOf: ['user:read'] }, { kind: 'toString' }, {}, { kind: undefined }])(
    'with a requirement that nobody knows is for nobody: %j',
    (unknown) => {
      expect(refusal(user, unknown as Requirement)).toBe('config_invalid');
      expect(refusal(user, AUTHENTICATED, unknown as Requirement)).toBe('config_invalid');
    },
  );

  it.each(['caller', 'scope', 'role'])('with a text where a list of %ss should be is for nobody', (kind) => {
    const anyOf = 'herald user:read support';
    expect(() => authorize(user, [{ kind, anyOf } as unknown as Requirement])).toThrow();
  });
});
