import { accepted } from './support/scene.js';

describe('a principal', () => {
  it('has the scopes of its token that the trust record lets its caller have, and no more', async () => {
    const setting = { trust: { scopes: ['user:read', 'notification:send'] } };
    const { principal } = await accepted({ claims: { scope: 'user:read user:write admin' } }, setting);
    expect([...principal.scopes]).toEqual(['user:read']);
  });

  it('has no scope that only the trust record names', async () => {
    const { principal } = await accepted({ claims: { scope: undefined } });
    expect(principal.scopes.size).toBe(0);
  });

  it('has no scope where the trust record names none', async () => {
    const { principal } = await accepted({}, { trust: { scopes: [] } });
    expect(principal.scopes.size).toBe(0);
  });

  it('has the roles of its token, whichever they are, where the trust record does not speak of roles', async () => {
    const { principal, roles } = await accepted({ claims: { roles: ['admin', 'night shift'] } });
    expect([[...principal.roles], roles]).toEqual([['admin', 'night shift'], principal.roles]);
  });

  it('has the roles of its token that the trust record lets its caller have, and no more', async () => {
    const setting = { trust: { roles: ['support', 'night shift'] } };
    const { principal, roles } = await accepted({ claims: { roles: ['admin', 'night shift'] } }, setting);
    expect([[...principal.roles], roles]).toEqual([['night shift'], principal.roles]);
  });

  it.each([{ roles: [] }, { roles: ['Admin'] }, { roles: ['admin '] }])(
    'has no role where the trust record names none of them: %j',
    async (trust) => {
      const { principal } = await accepted({ claims: { roles: ['admin'] } }, { trust });
      expect(principal.roles.size).toBe(0);
    },
  );

  it.each(['__proto__', 'constructor', 'toString', 'size', 'has'])(
    'has no scope by the name of a built-in member: %s',
    async (scope) => {
      const { principal } = await accepted({ claims: { scope } });
      expect(principal.scopes.has(scope)).toBe(false);
    },
  );

  it('shows its scopes, roles and actors as lists in JSON', async () => {
    const { principal } = await accepted({ claims: { roles: ['support'] } });
    expect(JSON.parse(JSON.stringify(principal))).toMatchObject({
      scopes: ['user:read', 'user:write'],
      roles: ['support'],
      actors: [principal.caller.issuer],
    });
  });
});
