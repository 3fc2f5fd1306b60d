import { createCallChain, GATEWAY, IDP, read, write, type CallChain } from '../support/call-chain.js';

let chain: CallChain;

beforeEach(async () => {
  chain = await createCallChain();
});

describe('a call for a user', () => {
  it.each([
    ['a read', read()],
    ['a write', write()],
  ])('is never made without one: %s', async (_what, call) => {
    await expect(chain.authorizer().authorize(call, undefined)).rejects.toMatchObject({
      code: 'user_context_missing',
    });
    expect(chain.signatures()).toBe(0);
  });

  it('is never made because a service asked', async () => {
    const asked = await chain.called({ sub: GATEWAY });
    await expect(chain.authorizer().authorize(read(), asked)).rejects.toMatchObject({
      code: 'user_context_missing',
    });
    const client = await chain.calledWithUserToken({ sub: IDP, client_id: IDP });
    await expect(chain.authorizer().authorize(read(), client)).rejects.toMatchObject({
      code: 'user_context_missing',
    });
    expect(chain.signatures()).toBe(0);
  });
});
