import {
  arriving,
  createCallChain,
  GATEWAY,
  CENSUS,
  HERALD,
  IDP,
  NOW,
  partsOf,
  read,
  write,
  type CallChain,
} from '../support/call-chain.js';

const anyId = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;

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

describe('a call that is a service’s own', () => {
  it('names the service itself, has all scopes of the destination, and nobody acts', async () => {
    const call = await chain.authorizer({ onBehalfOf: 'service' }).authorize(read(), undefined);
    expect(partsOf(call).claims).toEqual({
      iss: HERALD,
      aud: CENSUS,
      sub: HERALD,
      iat: NOW,
      exp: NOW + 300,
      jti: anyId,
      scope: 'user:read user:write',
      txn: expect.stringMatching(/^[\w-]{20}$/) as string,
    });
    const { principal } = await chain.census.authenticate(arriving(read(), call));
    expect(principal).toMatchObject({ subject: HERALD, subjectKind: 'service', actors: [HERALD] });
  });

  it('carries nothing of the user whose request is served, but the transaction', async () => {
    const call = await chain.authorizer({ onBehalfOf: 'service' }).authorize(read(), await chain.called());
    expect(partsOf(call).claims).toMatchObject({ sub: HERALD, txn: 'txn-1' });
    expect(partsOf(call).claims).not.toHaveProperty('act');
    expect(partsOf(call).claims).not.toHaveProperty('roles');
  });
});
