import {
  memoryTokenCache,
  systemClock,
  type IssuedToken,
  type TokenCache,
  type TrustRecord,
} from '@countersign/core';
import { AuthorizedFetch } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { ADAPTERS, censusOptions, SERVICE } from '../support/application.js';
import { OrderController } from '../support/controllers/order.controller.js';
import { useStart } from '../support/hooks/use-start.js';

/** A cache that gives back damaged what it was given. */
function damagingCache(): TokenCache {
  const memory = memoryTokenCache({ clock: systemClock });
  const damaged = ({ token, claims }: IssuedToken): IssuedToken => ({
    token: `${token.slice(0, -8)}AAAAAAAA`,
    claims,
  });
  return {
    async get(key) {
      const issued = await memory.get(key);
      return issued === undefined ? undefined : damaged(issued);
    },
    set: (key, issued, expiresAt) => memory.set(key, issued, expiresAt),
  };
}

const METADATA = /resource_metadata="https:\/\/census\.service\/\.well-known\/oauth-protected-resource"/;
const DPOP = /, DPoP realm="https:\/\/census\.service\/"/;

describe.each(ADAPTERS)('a call to a service over $name that refuses a damaged token', ({ adapter }) => {
  let issuer: TestIssuer;
  let idp: TestIssuer;
  let announcing: TrustRecord;
  const start = useStart();

  beforeAll(async () => {
    issuer = await TestIssuer.start({ issuer: 'https://herald.service/' });
    idp = await TestIssuer.start({ issuer: 'https://idp.example/', name: 'idp' });
    announcing = idp.trustRecord({ dpop: 'required' });
  });
  afterAll(async () => {
    await issuer.close();
    await idp.close();
  });

  it.each([
    ['nothing else', false, []],
    ['where its metadata is', false, [METADATA]],
    ['that it takes DPoP', true, [DPOP]],
    ['both', true, [METADATA, DPOP]],
  ])('is made once more when the challenge says %s', async (_what, takesDpop, said) => {
    const base = censusOptions(issuer, issuer.keyStore);
    const census = await start({
      adapter,
      controllers: [OrderController],
      options: {
        ...base,
        trust: [...base.trust, ...(takesDpop ? [announcing] : [])],
        resourceMetadata: said.includes(METADATA),
      },
    });
    const herald = await start({
      adapter,
      options: {
        ...base,
        service: issuer.issuer,
        trust: [announcing],
        tokenCache: damagingCache(),
        destinations: [
          { name: 'census', url: census.origin, audience: SERVICE, onBehalfOf: 'service', authorize: 'mint' },
        ],
      },
    });
    const url = `${census.origin}/order`;
    const fetching = herald.nest.get(AuthorizedFetch);
    expect((await fetching.fetch(url)).status).toBe(200);
    expect((await fetching.fetch(url)).status).toBe(200);
    expect(herald.decisions).toMatchObject([{}, {}, { retriedAfter: 'signature_invalid' }]);

    const bare = await fetch(url, { headers: { Authorization: 'Bearer x.y.z' } });
    const challenge = bare.headers.get('www-authenticate');
    for (const each of said) expect(challenge).toMatch(each);
    expect(challenge?.includes('metadata')).toBe(said.includes(METADATA));
    expect(challenge?.includes('DPoP')).toBe(said.includes(DPOP));
  });
});
