import { type AuthorizedCall } from '../../src/outbound/authorizer.js';
import { CENSUS_URL, createCallChain, partsOf, read, write, type CallChain } from '../support/call-chain.js';
import { heraldOf, ours, registered } from '../support/oauth-clients.js';
import { startProvider } from '../support/openid-provider.js';
import { outboundCall } from '../support/service.js';
import { sharedBy } from '../support/shared-objects.js';

let chain: CallChain;

beforeEach(async () => {
  chain = await createCallChain();
});

/** What code may do that does not know that it must not: its types say so, and nothing else does. */
function attempt(change: () => unknown): void {
  try {
    change();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
  }
}

/** A mutable view of what is handed out as read-only. */
type Changed<T> = { -readonly [Name in keyof T]: Changed<T[Name]> };

const CHANGES: readonly (readonly [string, (call: Changed<AuthorizedCall>) => unknown])[] = [
  ['the scopes of the token', ({ issued }) => issued!.claims.scopes.push('admin')],
  ['its actors', ({ issued }) => issued!.claims.actors.push('https://attacker.test/')],
  ['its end', ({ issued }) => (issued!.claims.expiresAt = Infinity)],
  ['its text', ({ issued }) => (issued!.token = 'another')],
  ['the scopes of the destination', ({ destination }) => destination!.scopes.push('admin')],
  ['its audience', ({ destination }) => (destination!.audience = 'https://other.service/')],
  ['whether its writes are bound', ({ destination }) => (destination!.bodyBinding = 'off')],
  ['where it is', ({ destination }) => (destination!.url.pathname = '/elsewhere/')],
];

describe.each([
  ['a read of the service itself', read, 'service'],
  ['a write of the service itself', write, 'service'],
  ['a read for a user', read, 'user'],
  ['a write for a user', write, 'user'],
] as const)('what an authorized call says, by %s,', (_what, callOf, onBehalfOf) => {
  it.each(CHANGES)('changes no later call: %s', async (_part, change) => {
    const authorizer = chain.authorizer({ onBehalfOf });
    const authentication = await chain.called();
    const lasting = (call: AuthorizedCall) => {
      const { iat, exp, jti, txn, ...claims } = partsOf(call).claims;
      return { claims, destination: call.destination, scopes: call.issued?.claims.scopes };
    };
    const untouched = lasting(await chain.authorizer({ onBehalfOf }).authorize(callOf(), authentication));
    const first = await authorizer.authorize(callOf(), authentication);
    attempt(() => change(first as Changed<AuthorizedCall>));
    expect(lasting(await authorizer.authorize(callOf(), authentication))).toEqual(untouched);
  });

  it('cannot be changed where it is shared with another call', async () => {
    const authorizer = chain.authorizer({ onBehalfOf });
    const authentication = await chain.called();
    const one = await authorizer.authorize(callOf(), authentication);
    const other = await authorizer.authorize(callOf(), authentication);
    const shared = sharedBy(one, other);
    expect(shared).toContain(one.destination);
    for (const each of shared) expect([each, Object.isFrozen(each)]).toEqual([each, true]);
  });
});

it('a token that another server issued is shared by calls, and cannot be changed', async () => {
  const provider = await startProvider({ clients: registered });
  const herald = heraldOf({ issuer: provider.issuer, ...ours.client_secret_basic });
  const call = outboundCall(CENSUS_URL);
  const [one, other] = [await herald.authorize(call, undefined), await herald.authorize(call, undefined)];
  await provider.close();
  const shared = sharedBy(one, other);
  const { destination, issued } = one;
  const expected = [
    destination,
    destination?.authorizationServer,
    issued,
    issued?.claims,
    issued?.claims.actors,
  ];
  expect([...shared]).toEqual(expect.arrayContaining(expected));
  for (const each of shared) expect([each, Object.isFrozen(each)]).toEqual([each, true]);
});

it('the list of scopes that a call names stays its own', async () => {
  const scopes = ['user:read'];
  const authorizer = chain.authorizer({ onBehalfOf: 'service' });
  const { issued } = await authorizer.authorize(read(), undefined, { scopes });
  scopes.push('user:write');
  expect(issued?.claims.scopes).toEqual(['user:read']);
});
