import { createCallChain, partsOf, read, type CallChain } from '../support/call-chain.js';

let chain: CallChain;

beforeEach(async () => {
  chain = await createCallChain();
});

const DECLARED = { scopes: ['user:read', 'user:write'] };

describe('a call that says which scopes it needs', () => {
  it('gets a token with these and no others', async () => {
    const caller = await chain.called({ scope: 'user:read user:write' });
    const authorizer = chain.authorizer(DECLARED);
    const all = await authorizer.authorize(read(), caller);
    expect(partsOf(all).claims['scope']).toBe('user:read user:write');
    const some = await authorizer.authorize(read(), caller, { scopes: ['user:read'] });
    expect(partsOf(some).claims['scope']).toBe('user:read');
    expect(partsOf(await authorizer.authorize(read(), caller, { scopes: [] })).claims['scope']).toBe('');
  });

  it("is refused, and nothing is signed, when the caller's token has less", async () => {
    const caller = await chain.called({ scope: 'user:read' });
    const signed = chain.signatures();
    const asked = { scopes: ['user:read', 'user:write'] };
    await expect(chain.authorizer(DECLARED).authorize(read(), caller, asked)).rejects.toMatchObject({
      code: 'scope_escalation',
      kind: 'forbidden',
      requiredScopes: ['user:write'],
    });
    expect(chain.signatures()).toBe(signed);
  });

  it("asks nobody's leave when the service speaks for itself", async () => {
    const caller = await chain.called({ scope: '' });
    const how = { scopes: ['user:write'], onBehalfOf: 'service' } as const;
    const call = await chain.authorizer(DECLARED).authorize(read(), caller, how);
    expect(partsOf(call).claims['scope']).toBe('user:write');
  });

  it('must have them in the record of its destination', async () => {
    const caller = await chain.called({ scope: 'user:read user:write' });
    const authorizing = chain.authorizer({ scopes: ['user:read'] }).authorize(read(), caller, DECLARED);
    await expect(authorizing).rejects.toMatchObject({ code: 'config_invalid' });
  });

  it("cannot choose the scopes of a token that is the caller's own", async () => {
    const caller = await chain.called({ scope: 'user:read' });
    const authorizer = chain.authorizer({ authorize: 'propagate', scopes: ['user:read'] });
    await expect(authorizer.authorize(read(), caller, { scopes: ['user:read'] })).rejects.toMatchObject({
      code: 'config_invalid',
    });
  });
});
