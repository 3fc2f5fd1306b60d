import { createFixedClock } from '../../../src/clock.js';
import { type FaultCode } from '../../../src/errors.js';
import { type DestinationRecord } from '../../../src/outbound/destination.js';
import { type Authentication } from '../../../src/principal.js';
import { NOW, sha256 } from '../../support/forge.js';
import { startKeyServer, status } from '../../support/key-server.js';
import {
  actors,
  CENSUS,
  createCensus,
  presentChain,
  signChain,
  signLink,
  USER,
  USERS,
  type ChainChange,
} from '../../support/proof-chain.js';
import { codeOf } from '../../support/scene.js';
import {
  arrive,
  createTestService,
  issuerOf,
  outboundCall,
  type TestService,
} from '../../support/service.js';
import { createSigningKey } from '../../support/signing-key.js';

const get = outboundCall('https://census.example/user/21/');
const post = outboundCall('https://census.example/user/?dry=run', 'POST', '{"name":"Ada"}');

const IDP = 'https://idp.example/';
const idpKey = await createSigningKey();
const idpRecord = {
  name: 'idp',
  issuer: IDP,
  keys: { jwks: { keys: [idpKey.publicJwk] } },
  algorithms: ['ES256'] as const,
  tokenType: 'at+jwt',
  scopes: ['user:read', 'user:write'],
};

/** A user calls with a token of the identity provider. */
function userToken(audience: string): Promise<string> {
  const claims = {
    iss: IDP,
    sub: USER,
    aud: [audience, `${IDP}userinfo`],
    client_id: 'browser',
    jti: crypto.randomUUID(),
  };
  const scope = 'user:read user:write user:delete';
  const roles = ['support', 'night'];
  return idpKey.token({ ...claims, scope, roles, iat: NOW, exp: NOW + 600 }, { typ: 'at+jwt' });
}

function destination(name: string, delegationProof: boolean): DestinationRecord {
  const audience = issuerOf(name);
  const scopes = ['user:read', 'user:write'];
  const url = 'https://census.example/';
  return { name, url, audience, onBehalfOf: 'user', authorize: 'mint', scopes, delegationProof };
}

describe('a delegation that is proven', () => {
  const clock = createFixedClock();

  /**
   * A user calls the first service, each service the next, and the last one census. Whoever stands behind `origin` trusts
   * it to name users, its caller only with proof, and whoever is in between as evidence.
   */
  async function run(names: readonly string[], origin: string, call = get): Promise<Authentication> {
    const all = [...names, 'census'];
    const services: TestService[] = [];
    for (const [index, name] of all.entries()) {
      const isBehindOrigin = index > 0 && (origin === 'idp' || index > all.indexOf(origin));
      const caller = services.at(-1);
      const namesUsers = (record: string) => (record === origin ? { actsFor: USERS } : {});
      const evidence = services
        .slice(origin === 'idp' ? 0 : all.indexOf(origin), -1)
        .map((service, at) => service.trustRecord({ proofOnly: true, ...namesUsers(all[at]!) }));
      const trust =
        caller === undefined
          ? [idpRecord]
          : [
              caller.trustRecord({
                actsFor: isBehindOrigin ? 'proven' : 'nobody',
                ...namesUsers(all[index - 1]!),
              }),
              ...evidence,
              ...(origin === 'idp' ? [{ ...idpRecord, proofOnly: true, actsFor: USERS }] : []),
            ];
      const next = all[index + 1];
      const destinations = next === undefined ? [] : [destination(next, name !== origin)];
      services.push(await createTestService({ name, trust, clock, destinations }));
    }
    let headers = [{ name: 'Authorization', value: `Bearer ${await userToken(issuerOf(names[0]!))}` }];
    let authentication = await arrive(services[0]!.verifier, get, headers);
    for (const [index, { authorizer }] of services.slice(0, -1).entries()) {
      const sent = index === services.length - 2 ? call : get;
      headers = [...(await authorizer.authorize(sent, authentication)).headers];
      authentication = await arrive(services[index + 1]!.verifier, sent, headers);
    }
    return authentication;
  }

  it.each([
    [1, ['storefront', 'herald'], 'storefront'],
    [2, ['storefront', 'gateway', 'herald'], 'storefront'],
    [3, ['storefront', 'gateway', 'herald'], 'idp'],
  ] as const)(
    'by %d token(s), through %j, is accepted; the principal shows who acts',
    async (count, names, origin) => {
      for (const call of [get, post]) {
        const { principal, proofs, bound } = await run(names, origin, call);
        expect(principal).toMatchObject({
          subject: USER,
          subjectKind: 'user',
          caller: { name: 'herald', issuer: issuerOf('herald') },
          actors: [...names].reverse().map(issuerOf),
          scopes: new Set(['user:read', 'user:write']),
          roles: new Set(['support', 'night']),
        });
        expect([proofs.length, bound]).toEqual([count, call === post]);
      }
    },
  );

  it('is accepted when each service on the way narrows it', async () => {
    const narrower = { scope: 'user:read', exp: NOW + 40 };
    const { principal, proofs } = await presentChain({
      storefront: { claims: { roles: ['support', 'night', 'admin'] } },
      gateway: { claims: { ...narrower, roles: ['night', 'support'] } },
      herald: { claims: { ...narrower, scope: '', roles: ['night'], exp: NOW + 30 } },
    });
    expect([principal.expiresAt, proofs.length]).toEqual([NOW + 30, 2]);
    expect([principal.scopes, principal.roles]).toEqual([new Set(), new Set(['night'])]);
  });

  it.each<[string, ChainChange]>([
    [
      'blanks stand around the commas of the header',
      { header: ([a, b]) => ['delegation-PROOF', ` ${a!} ,\t${b!} `] },
    ],
    ['the first token names no transaction', { storefront: { claims: { txn: undefined } } }],
    ['the first service may also call itself', { trust: { storefront: { proofOnly: false } } }],
    ['the second service must prove its own calls', { trust: { gateway: { actsFor: 'proven' } } }],
    [
      'each proof lets the service that presents it act for the user',
      {
        storefront: { claims: { may_act: { sub: issuerOf('gateway') } } },
        gateway: { claims: { may_act: { sub: issuerOf('herald'), iss: issuerOf('herald'), exp: 1 } } },
      },
    ],
    [
      'its caller lets somebody else act next',
      { herald: { claims: { may_act: { sub: issuerOf('ledger') } } } },
    ],
    ['the tokens expired within the tolerance of clocks', { secondsLater: 89 }],
  ])('is accepted when %s', async (_name, change) => {
    const { principal } = await presentChain(change);
    expect(principal.actors).toEqual(['herald', 'gateway', 'storefront'].map(issuerOf));
    expect(principal.transactionId).toBe('txn-1');
  });

  it('is not asked for when the caller speaks for itself', async () => {
    const itself = { sub: issuerOf('herald'), act: undefined, ath: undefined };
    const { principal, proofs } = await presentChain({ herald: { claims: itself }, header: () => [] });
    expect([principal.subjectKind, principal.actors, proofs]).toEqual(['service', [issuerOf('herald')], []]);
  });

  it.each([[[]], [['Delegation-Proof', 'rubbish', 'Delegation-Proof', 'more']]])(
    'is not read when the trust record of the caller names the subject: %j',
    async (header) => {
      const { principal, proofs } = await presentChain({
        trust: { herald: { actsFor: USERS } },
        header: () => header,
      });
      expect([principal.subject, proofs]).toEqual([USER, []]);
    },
  );

  it('cannot be judged while the keys of an issuer are unavailable, which is not the fault of the caller', async () => {
    const server = await startKeyServer(status(500));
    try {
      const trust = { gateway: { keys: { jwksUri: server.jwksUri } } };
      expect(await codeOf(presentChain({ trust }))).toBe('keys_unavailable');
      expect(server.requests()).toBe(1);
      // What herald did not sign for makes nobody ask for keys.
      expect(await codeOf(presentChain({ trust, gateway: { onTheWay: (token) => `${token}A` } }))).toBe(
        'delegation_unproven',
      );
      expect(server.requests()).toBe(1);
    } finally {
      await server.close();
    }
  });
});

describe('an issuer that is trusted for proofs only', () => {
  it.each(['storefront', 'gateway'] as const)('may not call itself: %s', async (name) => {
    for (const sub of [USER, issuerOf(name)]) {
      const token = await signLink(name, CENSUS, { sub });
      const headers = [{ name: 'Authorization', value: `Bearer ${token}` }];
      expect(await codeOf(arrive(createCensus(), get, headers))).toBe('issuer_untrusted');
    }
  });
});

describe('who has stolen the key of herald', () => {
  const invented = `${CENSUS}user/1/`;

  /** The code by which census refuses a token for a user, signed with that key, and its proofs. */
  async function present(proofs: readonly string[], claims: object = {}): Promise<FaultCode> {
    const ath = proofs[0] === undefined ? undefined : sha256(proofs[0]);
    const act = actors('herald', 'gateway', 'storefront');
    const token = await signLink('herald', CENSUS, {
      sub: invented,
      scope: 'user:read',
      ath,
      act,
      ...claims,
    });
    const proof = proofs.length === 0 ? [] : [{ name: 'Delegation-Proof', value: proofs.join() }];
    return codeOf(
      arrive(createCensus(), get, [{ name: 'Authorization', value: `Bearer ${token}` }, ...proof]),
    );
  }

  it('cannot invent a user without a proof', async () => {
    expect(await present([])).toBe('delegation_unproven');
  });

  it.each(['herald', 'gateway', 'storefront'])(
    'cannot prove it by a token that it signs itself in the name of %s',
    async (name) => {
      const own = { iss: issuerOf(name), sub: invented, act: actors(name) };
      const proof = await signLink('herald', issuerOf('herald'), own);
      expect(await present([proof], { act: actors('herald', ...(name === 'herald' ? [] : [name])) })).toBe(
        'delegation_unproven',
      );
    },
  );

  it('cannot prove it by what herald was called with for somebody else', async () => {
    const { proofs } = await signChain();
    expect(await present(proofs)).toBe('delegation_unproven');
  });

  it('cannot ask for more than herald was called with, nor after it expired', async () => {
    const { proofs } = await signChain();
    expect(await present(proofs, { sub: USER, scope: 'user:read user:delete' })).toBe('delegation_unproven');
    expect(await present(proofs, { sub: USER, roles: ['admin'] })).toBe('delegation_unproven');
    const yesterday = { iat: NOW - 86_400, exp: NOW - 86_340 };
    const old = await signChain({ storefront: { claims: yesterday }, gateway: { claims: yesterday } });
    expect(await present(old.proofs, { sub: USER })).toBe('delegation_unproven');
  });

  it('cannot prove it by a token that another service was called with', async () => {
    const elsewhere = await signLink('storefront', issuerOf('ledger'), {
      sub: invented,
      act: actors('storefront'),
    });
    expect(await present([elsewhere], { act: actors('herald', 'storefront') })).toBe('delegation_unproven');
  });

  it('cannot speak for another service that called herald', async () => {
    const sub = issuerOf('gateway');
    const asItself = await signLink('gateway', issuerOf('herald'), { sub });
    expect(await present([asItself], { sub, act: actors('herald', 'gateway') })).toBe('delegation_unproven');
  });
});
