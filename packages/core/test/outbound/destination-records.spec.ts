import { createKeyStore } from '../../src/key-store/create-key-store.js';
import { createAuthorizer, type Authorizer, type AuthorizerOptions } from '../../src/outbound/authorizer.js';
import { codeOf, codeOfCall } from '../support/scene.js';
import { outboundCall } from '../support/service.js';
import { createSigningKey } from '../support/signing-key.js';

const keyStore = await createKeyStore({ privateKeys: [(await createSigningKey()).privateJwk] });
const server = { issuer: 'https://idp.example', clientId: 'herald', clientAuthentication: 'private_key_jwt' };
const minted = { name: 'census', url: 'https://census.example/', onBehalfOf: 'user', authorize: 'mint' };
const issued = {
  ...minted,
  onBehalfOf: 'service',
  authorize: 'clientCredentials',
  authorizationServer: server,
};
const exchanged = { ...issued, onBehalfOf: 'user', authorize: 'exchange' };

/** An authorizer from what a file might hold; the types would not let most of it through. */
function authorizerOf(destinations: readonly object[], changes: object = {}): Authorizer {
  const options: object = { service: 'https://herald.service/', keyStore, destinations, ...changes };
  return createAuthorizer(options as AuthorizerOptions);
}

describe('a destination record', () => {
  it.each([
    ['mint', minted],
    ['mint, proven', { ...minted, delegationProof: true }],
    ['clientCredentials', issued],
    ['exchange', exchanged],
  ])('is accepted with authorize: %s', (_name, record) => {
    expect(authorizerOf([record]).destinationOf(new URL('https://census.example/user/'))).toMatchObject({
      name: 'census',
    });
  });

  it.each([
    [
      minted,
      { authorize: 'client_credentials' },
      'authorize must be one of none, propagate, mint, clientCredentials, exchange',
    ],
    [minted, { authorizationServer: server }, 'authorizationServer is not for authorize: "mint"'],
    [
      minted,
      { authorize: 'none', authorizationServer: server },
      'authorizationServer is not for authorize: "none"',
    ],
    [issued, { authorizationServer: undefined }, 'authorizationServer must be an object'],
    [issued, { authorizationServer: server.issuer }, 'authorizationServer must be an object'],
    [
      issued,
      { authorizationServer: { ...server, secret: 'x' } },
      'authorizationServer.secret is not an option',
    ],
    [
      issued,
      { authorizationServer: { ...server, issuer: 'http://idp.example' } },
      'authorizationServer.issuer must be https',
    ],
    [issued, { onBehalfOf: 'user' }, 'onBehalfOf must be service for clientCredentials'],
    [exchanged, { onBehalfOf: 'service' }, 'onBehalfOf must be user for exchange'],
    [exchanged, { authorizationServer: undefined }, 'authorizationServer must be an object'],
    [exchanged, { audience: 'census' }, 'authorizationServer.targetParameter must be "audience"'],
    [
      issued,
      { authorizationServer: { ...server, subjectTokenType: 'jwt' } },
      'authorizationServer.subjectTokenType is for authorize: "exchange"',
    ],
    [
      issued,
      { audience: 'https://census.example/#a' },
      'authorizationServer.targetParameter must be "audience"',
    ],
    [minted, { delegationProof: 'yes' }, 'delegationProof must be true or false'],
    [
      minted,
      { delegationProof: true, onBehalfOf: 'service' },
      'delegationProof is for authorize: "mint" on behalf of a user',
    ],
    [
      minted,
      { delegationProof: true, authorize: 'propagate' },
      'delegationProof is for authorize: "mint" on behalf of a user',
    ],
    [exchanged, { delegationProof: true }, 'delegationProof is for authorize: "mint" on behalf of a user'],
    [minted, { delegationProofs: true }, 'delegationProofs is not an option'],
  ])('%j with %j is refused at start, by its path', (base, changes, problem) => {
    const other = { ...minted, name: 'ledger', url: 'https://ledger.example/' };
    expect(() => authorizerOf([other, { ...base, ...changes }])).toThrow(`destinations[1].${problem}`);
  });

  it('may have an audience that is no URI when the server is asked by "audience"', () => {
    const record = {
      ...issued,
      audience: 'census',
      authorizationServer: { ...server, targetParameter: 'audience' },
    };
    expect(() => authorizerOf([record])).not.toThrow();
  });
});

describe('a call that no destination describes', () => {
  const elsewhere = outboundCall('https://elsewhere.example/');

  it('is refused', async () => {
    const authorizer = authorizerOf([minted]);
    expect(codeOfCall(() => authorizer.destinationOf(elsewhere.url))).toBe('destination_unknown');
    expect(await codeOf(authorizer.authorize(elsewhere, undefined))).toBe('destination_unknown');
  });

  it('goes out without a token when the authorizer is told so by name', async () => {
    const authorizer = authorizerOf([minted], { undeclared: 'send-without-token' });
    expect(authorizer.destinationOf(elsewhere.url)).toBeUndefined();
    expect(await authorizer.authorize(elsewhere, undefined)).toEqual({
      destination: undefined,
      headers: [],
      issued: undefined,
    });
  });

  it('goes out without a token also when its host only looks like that of a destination', async () => {
    const authorizer = authorizerOf([minted], { undeclared: 'send-without-token' });
    for (const url of [
      'https://census.example./user/',
      'https://census.example:8443/user/',
      'http://census.example/user/',
      'https://census.example.elsewhere.example/',
      'https://xcensus.example/',
    ])
      expect((await authorizer.authorize(outboundCall(url), undefined)).headers).toEqual([]);
  });

  it('still may not hold credentials of its own', async () => {
    const authorizer = authorizerOf([minted], { undeclared: 'send-without-token' });
    expect(
      await codeOf(authorizer.authorize(outboundCall('https://a:b@elsewhere.example/'), undefined)),
    ).toBe('authorization_present');
  });

  it('to a declared destination is never sent bare because of it', async () => {
    const authorizer = authorizerOf([minted], { undeclared: 'send-without-token' });
    expect(
      await codeOf(authorizer.authorize(outboundCall('https://CENSUS.example:443/user/'), undefined)),
    ).toBe('user_context_missing');
  });

  it.each(['send', 'Refuse', '', null, true])(
    'is not a matter of taste: undeclared may not be %j',
    (undeclared) => {
      expect(() => authorizerOf([minted], { undeclared })).toThrow(
        'undeclared must be one of refuse, send-without-token',
      );
    },
  );
});
