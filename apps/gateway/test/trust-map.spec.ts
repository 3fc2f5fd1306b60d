import type { TrustView } from '@countersign/service-kit';
import { readDocumentedFaults } from '../src/page/documented-faults.js';
import { drawMap } from '../src/page/trust-layout.js';
import { toTrustMap } from '../src/page/trust-map.js';

const NOTHING = { trust: [], destinations: [], routes: [] };
const call = { authorize: 'mint', onBehalfOf: 'user', scopes: ['user:read'], delegationProof: true };

const herald: TrustView = {
  ...NOTHING,
  name: 'herald',
  service: 'https://herald.service/',
  destinations: [{ ...call, name: 'census', audience: 'https://census.service/' }],
};
const census: TrustView = {
  ...NOTHING,
  name: 'census',
  service: 'https://census.service/',
  trust: [
    {
      name: 'herald',
      issuer: herald.service,
      tokenType: 'svc+jwt',
      scopes: ['user:read'],
      actsFor: 'proven',
    },
    { name: 'idp', issuer: 'https://idp.example', tokenType: 'at+jwt', scopes: [], actsFor: '{sub}' },
  ],
};

describe('The trust map', () => {
  it('joins what a service trusts with what the other calls', () => {
    expect(toTrustMap([herald, census]).arrows[0]).toEqual({
      from: 'herald',
      to: 'census',
      tokenType: 'svc+jwt',
      scopes: ['user:read'],
      forWhom: 'for users who called it, proven',
      call: { authorize: 'mint', onBehalfOf: 'user', scopes: ['user:read'] },
    });
  });

  it('shows trust that nobody uses, and issuers that are no service', () => {
    const { nodes, arrows } = toTrustMap([{ ...herald, destinations: [] }, census]);
    expect(arrows.map((arrow) => arrow.call)).toEqual([undefined, undefined]);
    expect(nodes.find(({ name }) => name === 'idp')).toEqual({
      name: 'idp',
      uri: 'https://idp.example',
      kind: 'issuer',
    });
  });

  it('draws callers above those that they call, each at a place of its own', () => {
    const { nodes, arrows, width, height } = drawMap(toTrustMap([herald, census]));
    const at = (name: string) => nodes.find((node) => node.name === name)!;
    expect(at('herald').y).toBeLessThan(at('census').y);
    expect(at('herald').x).not.toBe(at('idp').x);
    expect(arrows[0]?.points.length).toBeGreaterThan(1);
    expect(width).toBeGreaterThan(0);
    expect(height).toBeGreaterThan(0);
  });
});

describe('A refusal', () => {
  it('is explained in the words of its documentation', () => {
    expect(readDocumentedFaults()['token_replayed']).toEqual({
      title: 'The token has already been used.',
      kind: 'unauthenticated',
      advice: 'mint a new token for each write, also for a retry',
    });
  });

  it('has its sentence also where the documentation is not there', () => {
    const nowhere = new URL('file:///nowhere/faults.md');
    expect(readDocumentedFaults(nowhere)['token_replayed']).toMatchObject({ advice: '' });
  });
});
