import { createAuthorizer, type Authorizer } from '../../src/outbound/authorizer.js';
import { type Authentication } from '../../src/principal.js';
import {
  arriving,
  CENSUS,
  createCallChain,
  GATEWAY,
  HERALD,
  IDP,
  partsOf,
  read,
  TO_CENSUS,
  USER,
  type CallChain,
} from '../support/call-chain.js';
import { startMisbehavingServer, type MisbehavingServer } from '../support/misbehaving-server.js';
import { codeOf } from '../support/scene.js';

let chain: CallChain;
let server: MisbehavingServer;
beforeEach(async () => {
  chain = await createCallChain();
  server = await startMisbehavingServer();
});
afterEach(() => server.stop());

/** Herald has the identity provider's tokens exchanged, which knows it as the client `herald-web`. */
function exchanging(issuer = IDP): Authorizer {
  const authorizationServer = {
    issuer,
    tokenEndpoint: `${server.issuer}/token`,
    clientId: 'herald-web',
    clientAuthentication: 'private_key_jwt',
  } as const;
  return createAuthorizer({
    service: HERALD,
    destinations: [{ ...TO_CENSUS, authorize: 'exchange', authorizationServer }],
    keyStore: chain.keyStore,
    clock: chain.clock,
  });
}

const calledWith = (may_act: object): Promise<Authentication> =>
  chain.calledWithUserToken({ aud: [HERALD, CENSUS], may_act });

const HANDED_ON = { authorize: 'propagate' } as const;
const ELSEWHERE = 'https://elsewhere.test/';

/** Whom a token may name so that herald may call others with it. */
const OURSELVES = [{ sub: HERALD }, { sub: HERALD, iss: HERALD }, { sub: HERALD, exp: 1, aud: GATEWAY }];
const OTHERS = [{ sub: GATEWAY }, { sub: USER }, { sub: HERALD, iss: IDP }, { sub: HERALD.toUpperCase() }];

describe('a token that lets this service act for its user (may_act)', () => {
  it.each(OURSELVES)('is used for calls in the name of the user: %j', async (may_act) => {
    const minted = await chain.authorizer().authorize(read(), await chain.called({ may_act }));
    const { principal } = await chain.census.authenticate(arriving(read(), minted));
    expect(principal).toMatchObject({ subject: USER, actors: [HERALD, GATEWAY] });
    // It was said of us: of whom we call, we say nothing.
    expect(partsOf(minted).claims).not.toHaveProperty('may_act');
    const authentication = await calledWith(may_act);
    const handedOn = await chain.authorizer(HANDED_ON).authorize(read(), authentication);
    expect(handedOn.issued?.token).toBe(authentication.token);
    await expect(exchanging().authorize(read(), authentication)).resolves.toBeDefined();
  });

  it('may name it as the client that the server knows, where that server exchanges its own token', async () => {
    for (const may_act of [{ sub: 'herald-web' }, { sub: 'herald-web', iss: IDP }])
      await expect(exchanging().authorize(read(), await calledWith(may_act))).resolves.toBeDefined();
    expect(server.tokenRequests()).toBe(2);
  });
});

describe('a token that lets somebody else act for its user', () => {
  it.each(OTHERS)('is accepted, and not used for calls in the name of the user: %j', async (may_act) => {
    const minting = chain.authorizer().authorize(read(), await chain.called({ may_act }));
    expect(await codeOf(minting)).toBe('delegation_not_allowed');
    const authentication = await calledWith(may_act);
    const handingOn = chain.authorizer(HANDED_ON).authorize(read(), authentication);
    expect(await codeOf(handingOn)).toBe('delegation_not_allowed');
    expect(await codeOf(exchanging().authorize(read(), authentication))).toBe('delegation_not_allowed');
    expect([chain.signatures(), server.tokenRequests()]).toEqual([0, 0]);
  });

  it('is not exchanged because a client elsewhere has our name', async () => {
    const elsewhere = await calledWith({ sub: 'herald-web', iss: ELSEWHERE });
    expect(await codeOf(exchanging().authorize(read(), elsewhere))).toBe('delegation_not_allowed');
    const here = await calledWith({ sub: 'herald-web' });
    expect(await codeOf(exchanging(ELSEWHERE).authorize(read(), here))).toBe('delegation_not_allowed');
    expect(await codeOf(chain.authorizer().authorize(read(), here))).toBe('delegation_not_allowed');
  });

  it('is not handed on for a service either', async () => {
    const claims = { sub: IDP, client_id: IDP, aud: [HERALD, CENSUS], may_act: { sub: GATEWAY } };
    const asked = await chain.calledWithUserToken(claims);
    const authorizer = chain.authorizer({ ...HANDED_ON, onBehalfOf: 'service' });
    expect(await codeOf(authorizer.authorize(read(), asked))).toBe('delegation_not_allowed');
  });

  it('does not keep this service from calling in its own name', async () => {
    const asked = await chain.called({ may_act: { sub: GATEWAY } });
    const call = await chain.authorizer({ onBehalfOf: 'service' }).authorize(read(), asked);
    expect(partsOf(call).claims['sub']).toBe(HERALD);
  });
});
