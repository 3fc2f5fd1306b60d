import { ISSUER, USER } from '../../support/forge.js';
import { accepted, createScene, refused, type Setting } from '../../support/scene.js';

const GATEWAY = 'https://gateway.service/';
const ORDER = 'https://order.service/';

/** A caller that may speak for the users of census. */
const FOR_USERS: Setting = {
  trust: { actsFor: ['https://census.service/user/'] },
  token: { claims: { sub: USER } },
};

/** A chain of actors, newest first. */
function chain(...actors: readonly unknown[]): unknown {
  return actors.reduceRight<unknown>(
    (act, sub) => ({ sub, ...(act === undefined ? {} : { act }) }),
    undefined,
  );
}

describe('a caller', () => {
  it('speaks for itself and for nobody else unless its trust record says so', async () => {
    const { principal } = await accepted();
    expect(principal).toMatchObject({ subject: ISSUER, subjectKind: 'service' });
    expect(await refused({ claims: { sub: USER } })).toBe('delegation_not_allowed');
    expect(await refused({ claims: { sub: USER } }, { trust: { actsFor: 'nobody' } })).toBe(
      'delegation_not_allowed',
    );
  });

  it('speaks for the users that its trust record names', async () => {
    const { principal } = await accepted({}, FOR_USERS);
    expect(principal).toMatchObject({ subject: USER, subjectKind: 'user', actors: [ISSUER] });
  });

  it('that speaks for users may speak for itself too', async () => {
    const { principal } = await accepted({ claims: { sub: ISSUER } }, FOR_USERS);
    expect(principal.subjectKind).toBe('service');
  });

  it.each([
    ['of another service', 'https://order.service/user/21/'],
    ['beside the prefix', 'https://census.service/users/21/'],
    ['that is the prefix itself', 'https://census.service/user/'],
    ['that is the prefix without its slash', 'https://census.service/user'],
    ['that climbs out of the prefix', 'https://census.service/user/../admin/1/'],
    ['that climbs out of the prefix with escapes', 'https://census.service/user/%2e%2e/admin/1/'],
    ['that climbs with a backslash', 'https://census.service/user/..\\admin\\1'],
    ['in another case', 'https://CENSUS.service/user/21/'],
    ['with a port', 'https://census.service:443/user/21/'],
    ['with a name in front', 'https://x@census.service/user/21/'],
    ['with a space in front', ' https://census.service/user/21/'],
    ['with a tab inside', 'https://census.service/user/2\t1/'],
    ['with a newline behind', 'https://census.service/user/21/\n'],
    ['by another scheme', 'http://census.service/user/21/'],
    ['by a number', '21'],
    ['that is the service it calls', 'https://census.service/'],
    ['that is another service', GATEWAY],
  ])('does not speak for a subject %s', async (_what, sub) => {
    expect(await refused({ claims: { sub } }, FOR_USERS)).toBe('delegation_not_allowed');
  });

  it.each([
    ['by a fragment', `${USER}#a`],
    ['by a query', `${USER}?a=1`],
    ['with an escaped letter', 'https://census.service/user/%41/'],
  ])('speaks for whatever else lies under the prefix: %s', async (_what, sub) => {
    const { principal } = await accepted({ claims: { sub } }, FOR_USERS);
    expect(principal.subject).toBe(sub);
  });

  it('that is not on the list may not act, though another caller may', async () => {
    const other: Setting = {
      trust: { actsFor: ['https://order.service/user/'] },
      token: { claims: { sub: 'https://order.service/user/1/' } },
    };
    expect(await refused({ claims: { sub: USER } }, other)).toBe('delegation_not_allowed');
  });
});

describe('who may act for the user next (may_act)', () => {
  it.each([GATEWAY, ISSUER, USER])(
    'is no matter of who presents the token, also when it is recalled: %s',
    async (sub) => {
      const { verifier, request } = createScene(FOR_USERS);
      const sent = request({ claims: { may_act: { sub } } });
      for (let use = 1; use <= 3; use++) {
        const { mayAct, principal } = await verifier.authenticate(sent);
        expect(principal).toMatchObject({ subject: USER, actors: [ISSUER] });
        expect(mayAct).toEqual({ subject: sub });
      }
    },
  );

  it('is not said where the token has no such claim', async () => {
    expect((await accepted({}, FOR_USERS)).mayAct).toBeUndefined();
  });
});

describe('the chain of actors', () => {
  it('begins with the caller, newest first', async () => {
    const { principal } = await accepted({ claims: { act: chain(ISSUER, GATEWAY) } }, FOR_USERS);
    expect(principal.actors).toEqual([ISSUER, GATEWAY]);
  });

  it('is the caller alone where the token names none', async () => {
    const { principal } = await accepted({}, FOR_USERS);
    expect(principal.actors).toEqual([ISSUER]);
  });

  it('is three actors long at most', async () => {
    await expect(
      accepted({ claims: { act: chain(ISSUER, GATEWAY, ORDER) } }, FOR_USERS),
    ).resolves.toBeDefined();
    expect(
      await refused({ claims: { act: chain(ISSUER, GATEWAY, ORDER, 'https://x.service/') } }, FOR_USERS),
    ).toBe('actor_chain_too_deep');
    const ten = Array.from({ length: 9 }, (_, index) => `https://s${String(index)}.service/`);
    expect(await refused({ claims: { act: chain(ISSUER, ...ten) } }, FOR_USERS)).toBe('actor_chain_too_deep');
  });

  it('is not followed deeper than claims may nest', async () => {
    const hundred = Array.from({ length: 100 }, (_, index) => `s${String(index)}`);
    expect(await refused({ claims: { act: chain(ISSUER, ...hundred) } }, FOR_USERS)).toBe('token_malformed');
  });

  it.each([
    ['whose first is not the caller', chain(GATEWAY, ISSUER)],
    ['whose first is the user', chain(USER)],
    ['that comes back to the caller', chain(ISSUER, GATEWAY, ISSUER)],
    ['that names one twice in a row', chain(ISSUER, GATEWAY, GATEWAY)],
    ['that is a text', ISSUER],
    ['that is a list', [{ sub: ISSUER }]],
    ['that is null', null],
    ['that is a number', 1],
    ['without a name', {}],
    ['with a number for a name', chain(1)],
    ['with an empty name', chain('')],
    ['whose second is a text', { sub: ISSUER, act: GATEWAY }],
    ['whose second is null', { sub: ISSUER, act: null }],
    ['whose second has no name', { sub: ISSUER, act: {} }],
    ['whose second is a list', { sub: ISSUER, act: [{ sub: GATEWAY }] }],
  ])('cannot be one %s', async (_what, act) => {
    expect(await refused({ claims: { act } }, FOR_USERS)).toBe('claim_invalid');
  });

  it('that only the prototype holds is none', async () => {
    const act = JSON.parse(`{"__proto__":{"sub":"${ISSUER}"}}`) as unknown;
    expect(await refused({ claims: { act } }, FOR_USERS)).toBe('claim_invalid');
  });

  it('may be there on a token without a user', async () => {
    const { principal } = await accepted({ claims: { act: chain(ISSUER, GATEWAY) } });
    expect(principal).toMatchObject({ subjectKind: 'service', actors: [ISSUER, GATEWAY] });
  });
});
