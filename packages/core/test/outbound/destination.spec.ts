import { type DestinationRecord } from '../../src/outbound/destination.js';
import { createDestinations } from '../../src/outbound/destinations.js';

const census = {
  name: 'census',
  url: 'https://census.service/',
  onBehalfOf: 'user',
  authorize: 'mint',
} as const satisfies DestinationRecord;
const context = { service: 'https://herald.service/', allowInsecureHttp: false };

/** Members that may change beside `census`. */
type Change = Partial<Omit<DestinationRecord, 'authorize'>>;

function destinationOf(url: string, ...records: readonly Change[]): string | undefined {
  const destinations = createDestinations(
    records.map((record, index) => ({ ...census, name: `d${String(index)}`, ...record })),
    context,
  );
  return destinations.of(new URL(url))?.name;
}

describe('a destination', () => {
  it('has defaults for all that is safe to leave out', () => {
    const found = createDestinations([census], context).of(new URL('https://census.service/user/'));
    expect(found).toEqual({
      name: 'census',
      url: new URL('https://census.service/'),
      audience: 'https://census.service/',
      onBehalfOf: 'user',
      authorize: 'mint',
      authorizationServer: undefined,
      scopes: [],
      header: 'Authorization',
      bodyBinding: 'required',
      delegationProof: false,
      timeoutMs: 10_000,
    });
  });

  it.each([
    ['https://census.service/', 'https://census.service/'],
    ['https://census.service', 'https://census.service/user/21/?x=y'],
    ['https://census.service/', 'HTTPS://CENSUS.SERVICE/user/'],
    ['https://census.service/', 'https://census.service:443/user/'],
    ['https://census.service:443/', 'https://census.service/user/'],
    ['https://CENSUS.service/', 'https://census.service/'],
    ['https://xn--bcher-kva.test/', 'https://bücher.test/'],
    ['http://127.0.0.1:4001/', 'http://127.1:4001/user/'],
    ['http://localhost:80/', 'http://localhost/user/'],
    ['https://census.service/api', 'https://census.service/api'],
    ['https://census.service/api', 'https://census.service/api?x=y'],
    ['https://census.service/api', 'https://census.service/api/'],
    ['https://census.service/api/', 'https://census.service/api/user/'],
    ['https://census.service/api/', 'https://census.service/x/../api/user/'],
  ])('that is declared as %s is where %s goes', (declared, called) => {
    expect(destinationOf(called, { url: declared })).toBe('d0');
  });

  it.each([
    ['another host', 'https://census.service/', 'https://archive.service/'],
    ['a host that ends the same', 'https://census.service/', 'https://attacker-census.service/'],
    ['a host below it', 'https://census.service/', 'https://a.census.service/'],
    ['a host that begins the same', 'https://census.service/', 'https://census.service.attacker.test/'],
    ['the name with a dot at its end', 'https://census.service/', 'https://census.service./'],
    ['another port', 'https://census.service/', 'https://census.service:8443/'],
    ['plain http', 'https://census.service/', 'http://census.service/'],
    ['another scheme', 'https://census.service/', 'ftp://census.service/'],
    ['a scheme that is no place', 'http://localhost/', 'blob:http://localhost/1'],
    ['no host at all', 'https://census.service/', 'file:///etc/passwd'],
    ['data', 'https://census.service/', 'data:text/plain,x'],
    ['the declared host as a user name', 'https://census.service/', 'https://census.service@attacker.test/'],
    ['a path above', 'https://census.service/api/', 'https://census.service/'],
    ['a path that begins the same', 'https://census.service/api', 'https://census.service/apiary/'],
    ['a path that climbs out', 'https://census.service/api/', 'https://census.service/api/../admin/'],
    [
      'a path that climbs out by %2e',
      'https://census.service/api/',
      'https://census.service/api/%2e%2E/admin/',
    ],
    [
      'a path that climbs out by backslash',
      'https://census.service/api/',
      'https://census.service/api\\..\\admin',
    ],
  ])('is not known by %s', (_what, declared, called) => {
    expect(destinationOf(called, { url: declared })).toBeUndefined();
  });

  it('with the longest path wins, in whichever order they are declared', () => {
    const paths = ['https://h.test/', 'https://h.test/api/admin/', 'https://h.test/api/'];
    for (const urls of [paths, [...paths].reverse()]) {
      const nameFor = (url: string): string =>
        urls[Number(destinationOf(url, ...urls.map((each) => ({ url: each })))?.slice(1))]!;
      expect(nameFor('https://h.test/api/admin/x')).toBe('https://h.test/api/admin/');
      expect(nameFor('https://h.test/api/adminx')).toBe('https://h.test/api/');
      expect(nameFor('https://h.test/x')).toBe('https://h.test/');
    }
  });

  it('cannot be called when none is declared', () => {
    expect(destinationOf('https://census.service/')).toBeUndefined();
  });
});

describe('the process does not come up with a destination that has', () => {
  it.each([
    ['no name', { name: undefined }, 'destinations[0].name must be a non-empty string'],
    ['no url', { url: undefined }, 'destinations[0].url must be an absolute https URI'],
    ['a relative url', { url: '/user/' }, 'destinations[0].url must be an absolute https URI'],
    [
      'plain http',
      { url: 'http://census.service/' },
      'destinations[0].url must be https (http is for loopback only)',
    ],
    ['credentials', { url: 'https://u:p@census.service/' }, 'destinations[0].url must not hold credentials'],
    ['a query', { url: 'https://census.service/?a=b' }, 'destinations[0].url must not hold a query'],
    ['a fragment', { url: 'https://census.service/#a' }, 'destinations[0].url must not hold a fragment'],
    ['an empty audience', { audience: '' }, 'destinations[0].audience must be a non-empty string'],
    ['two audiences', { audience: ['a', 'b'] }, 'destinations[0].audience must be a non-empty string'],
    [
      'nobody to call for',
      { onBehalfOf: undefined },
      'destinations[0].onBehalfOf must be one of user, service',
    ],
    [
      'anybody to call for',
      { onBehalfOf: 'anybody' },
      'destinations[0].onBehalfOf must be one of user, service',
    ],
    [
      'no authorization',
      { authorize: undefined },
      'destinations[0].authorize must be one of none, propagate, mint',
    ],
    [
      'two scopes in one string',
      { scopes: ['user:read user:write'] },
      'destinations[0].scopes[0] is not one scope',
    ],
    ['scopes in one string', { scopes: 'user:read' }, 'destinations[0].scopes must be an array'],
    ['another header', { header: 'X-Token' }, 'destinations[0].header must be one of Authorization, JWT'],
    [
      'an unknown bodyBinding',
      { bodyBinding: false },
      'destinations[0].bodyBinding must be one of required, off',
    ],
    [
      'no end to its timeout',
      { timeoutMs: Infinity },
      'destinations[0].timeoutMs must be a number from 1 to 600000',
    ],
    ['no timeout', { timeoutMs: 0 }, 'destinations[0].timeoutMs must be a number from 1 to 600000'],
    [
      'a misspelt member',
      { scope: ['a'] },
      'destinations[0].scope is not an option; the options are name, url,',
    ],
    [
      'itself to hand tokens on to',
      { authorize: 'propagate', audience: context.service },
      'destinations[0].audience is this service itself',
    ],
  ])('%s', (_what, changes: object, problem) => {
    const records = [{ ...census, ...changes }] as DestinationRecord[];
    expect(() => createDestinations(records, context)).toThrow(TypeError);
    expect(() => createDestinations(records, context)).toThrow(problem);
  });

  it.each([
    ['the name', { url: 'https://other.service/' }],
    ['the url', { name: 'other' }],
    ['the url, written differently', { name: 'other', url: 'https://CENSUS.service:443' }],
  ])('%s of another one', (_what, changes) => {
    expect(() => createDestinations([census, { ...census, ...changes }], context)).toThrow(
      'destinations[1] has the name or the url of destinations[0]',
    );
  });

  it.each([undefined, null, {}, 'census'])('no list around it: %j', (records) => {
    expect(() => createDestinations(records as DestinationRecord[], context)).toThrow(
      'destinations must be an array',
    );
  });
});

it('plain http to another machine needs the switch that is named for the danger', () => {
  const records = [{ ...census, url: 'http://census:4001/' }];
  expect(
    createDestinations(records, { ...context, allowInsecureHttp: true }).of(new URL('http://census:4001/x'))
      ?.name,
  ).toBe('census');
});
