import { type DestinationRecord } from '../../../src/outbound/destination.js';
import {
  arriving,
  CENSUS,
  createCallChain,
  HERALD,
  IDP,
  NOW,
  read,
  USER,
  write,
  type CallChain,
} from '../../support/call-chain.js';

let chain: CallChain;

beforeEach(async () => {
  chain = await createCallChain();
});

const propagate = { authorize: 'propagate' } satisfies Partial<DestinationRecord>;

describe('the caller’s token is handed on', () => {
  it('as it is, when its audience names the destination, and the destination accepts it', async () => {
    const authentication = await chain.calledWithUserToken({ aud: [HERALD, CENSUS] });
    const call = await chain.authorizer(propagate).authorize(read(), authentication);
    expect(call.headers).toEqual([{ name: 'Authorization', value: `Bearer ${authentication.token}` }]);
    expect(call.issued?.claims).toEqual({
      issuer: IDP,
      audience: CENSUS,
      subject: USER,
      scopes: ['user:read', 'notification:send'],
      actors: [],
      transactionId: 'txn-1',
      tokenId: 'jti-1',
      keyId: authentication.keyId,
      issuedAt: undefined,
      expiresAt: NOW + 3600,
      bound: false,
    });
    const { principal } = await chain.census.authenticate(arriving(read(), call));
    expect(principal).toMatchObject({ subject: USER, caller: { name: 'idp' } });
    expect(chain.signatures()).toBe(0);
  });

  it('with a write too: it is the identity provider’s, and bound to nothing', async () => {
    const authentication = await chain.calledWithUserToken({ aud: [HERALD, CENSUS] });
    const authorizer = chain.authorizer(propagate);
    const call = await authorizer.authorize(write(), authentication);
    await chain.census.authenticate(arriving(write(), call));
    // There is no other one that could be sent when it is refused.
    expect(authorizer.tokenRefused(call)).toBe(false);
  });
});

describe('the caller’s token is not handed on', () => {
  it.each([
    ['names this service only', HERALD],
    ['names the destination almost', [HERALD, 'https://census.service']],
    ['names another service', [HERALD, 'https://archive.service/']],
  ])('when its audience %s', async (_what, aud) => {
    const authentication = await chain.calledWithUserToken({ aud });
    await expect(chain.authorizer(propagate).authorize(read(), authentication)).rejects.toMatchObject({
      code: 'propagation_not_allowed',
    });
  });

  it('when it is a service token, which is for one service', async () => {
    await expect(chain.authorizer(propagate).authorize(read(), await chain.called())).rejects.toMatchObject({
      code: 'propagation_not_allowed',
    });
    await expect(chain.called({ aud: [HERALD, CENSUS] })).rejects.toMatchObject({
      code: 'audience_mismatch',
    });
  });

  it('to this service itself: such a destination cannot be declared', () => {
    expect(() => chain.authorizer({ ...propagate, audience: HERALD })).toThrow(
      'destinations[0].audience is this service itself',
    );
  });

  it('when it has expired since, and a moment before it still is', async () => {
    const authentication = await chain.calledWithUserToken({ aud: [HERALD, CENSUS] });
    const authorizer = chain.authorizer(propagate);
    chain.clock.advance(3599.999);
    expect((await authorizer.authorize(read(), authentication)).issued?.token).toBe(authentication.token);
    chain.clock.advance(0.001);
    await expect(authorizer.authorize(read(), authentication)).rejects.toMatchObject({
      code: 'caller_token_expired',
    });
  });

  it('when there is none: the call is for a user', async () => {
    await expect(chain.authorizer(propagate).authorize(read(), undefined)).rejects.toMatchObject({
      code: 'user_context_missing',
    });
  });

  it('when it is a service’s, and the call is for a user', async () => {
    const asked = await chain.called({ sub: 'https://gateway.service/' });
    await expect(chain.authorizer(propagate).authorize(read(), asked)).rejects.toMatchObject({
      code: 'user_context_missing',
    });
  });

  it('when it is a user’s, and the call is a service’s own', async () => {
    const authorizer = chain.authorizer({ ...propagate, onBehalfOf: 'service' });
    const user = await chain.calledWithUserToken({ aud: [HERALD, CENSUS] });
    for (const authentication of [user, undefined]) {
      await expect(authorizer.authorize(read(), authentication)).rejects.toMatchObject({
        code: 'propagation_not_allowed',
      });
    }
  });
});

it('a client’s token may be handed on with a call that is declared to be a service’s own', async () => {
  const authorizer = chain.authorizer({ ...propagate, onBehalfOf: 'service' });
  const authentication = await chain.calledWithUserToken({ sub: IDP, client_id: IDP, aud: [HERALD, CENSUS] });
  const call = await authorizer.authorize(read(), authentication);
  expect(call.issued?.token).toBe(authentication.token);
});
