import { decodeJwt } from 'jose';
import { createFixedClock } from '../../src/clock.js';
import { createVerifier } from '../../src/inbound/verifier.js';
import { authorize } from '../../src/policy/policy.js';
import { type Authentication } from '../../src/principal.js';
import { NOW, SERVICE, USER } from '../support/forge.js';
import { saying, startIntrospectionServer } from '../support/introspection-server.js';
import { presentChain, USERS } from '../support/proof-chain.js';
import { accepted, codeOfCall, createScene, inboundRequest } from '../support/scene.js';
import { arrive, createTestService, issuerOf, outboundCall } from '../support/service.js';

const namesOf = ({ principal }: Authentication): readonly string[] => [...principal.roles];
const adminOnly = [{ kind: 'role', anyOf: ['admin'] }] as const;

describe('a service that gives itself a role', () => {
  it('has it where its trust record does not speak of roles: they are its own word', async () => {
    const { principal } = await accepted({ claims: { roles: ['admin'] } });
    expect(() => authorize(principal, adminOnly)).not.toThrow();
  });

  it('does not have it where its trust record says which it may name', async () => {
    const { principal } = await accepted({ claims: { roles: ['admin'] } }, { trust: { roles: ['support'] } });
    expect(principal.subjectKind).toBe('service');
    expect(codeOfCall(() => authorize(principal, adminOnly))).toBe('role_missing');
  });
});

describe('the roles that a trust record names limit', () => {
  it('a token that is recalled, as at its first use', async () => {
    const { verifier, request } = createScene({ trust: { roles: ['support'] } });
    const sent = request({ claims: { roles: ['admin', 'support'] } });
    for (let use = 1; use <= 3; use++)
      expect(namesOf(await verifier.authenticate(sent))).toEqual(['support']);
  });

  it('an opaque token, by what its issuer says of it', async () => {
    const server = await startIntrospectionServer();
    try {
      const claims = { iss: 'https://idp.example/', aud: SERVICE, sub: 'user-1', client_id: 'web' };
      const roles = ['admin', 'support'];
      const times = { iat: NOW, exp: NOW + 600 };
      server.answer = saying({ ...claims, ...times, roles, active: true, token_type: 'Bearer' });
      const introspection = {
        endpoint: server.endpoint,
        clientId: 'census',
        clientAuthentication: 'client_secret_basic',
        clientSecret: 'secretOfCensus',
      } as const;
      const record = { name: 'idp', issuer: claims.iss, introspection, roles: ['support'] };
      const verifier = createVerifier({ service: SERVICE, clock: createFixedClock(), trust: [record] });
      const request = inboundRequest({ method: 'GET', url: '/', body: new Uint8Array() }, 'opaque-token-1');
      expect(namesOf(await verifier.authenticate(request))).toEqual(['support']);
    } finally {
      await server.close();
    }
  });

  it('what is handed on: a token that is minted for the user names no other', async () => {
    const clock = createFixedClock();
    const gateway = await createTestService({
      name: 'gateway',
      clock,
      trust: [
        {
          name: 'nobody',
          issuer: 'https://nobody.example/',
          keys: { jwksUri: 'https://nobody.example/jwks' },
        },
      ],
    });
    const herald = await createTestService({
      name: 'herald',
      clock,
      trust: [gateway.trustRecord({ actsFor: USERS, roles: ['support'] })],
      destinations: [
        {
          name: 'census',
          url: 'https://census.example/',
          audience: SERVICE,
          onBehalfOf: 'user',
          authorize: 'mint',
        },
      ],
    });
    const token = await gateway.key.token({
      ...{ iss: gateway.issuer, aud: herald.issuer, sub: USER, iat: NOW, exp: NOW + 60, jti: 'jti-1' },
      roles: ['admin', 'support'],
    });
    const call = outboundCall('https://census.example/user/21/');
    const called = await arrive(herald.verifier, call, [{ name: 'Authorization', value: `Bearer ${token}` }]);
    const { issued } = await herald.authorizer.authorize(call, called);
    expect(decodeJwt(issued!.token)['roles']).toEqual(['support']);
  });

  it.each(['herald', 'gateway', 'storefront'] as const)(
    'a call that is proven, whoever in its chain they are for: %s',
    async (name) => {
      const roles = { claims: { roles: ['admin', 'support'] } };
      const chain = { storefront: roles, gateway: roles, herald: roles };
      expect(namesOf(await presentChain(chain))).toEqual(['admin', 'support']);
      const trust = { [name]: { roles: ['support', 'night'] } };
      const limited = await presentChain({ ...chain, trust });
      expect(namesOf(limited)).toEqual(['support']);
      expect(limited.principal.actors).toContain(issuerOf('storefront'));
    },
  );
});
