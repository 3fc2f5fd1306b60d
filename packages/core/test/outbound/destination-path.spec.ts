import { createKeyStore } from '../../src/key-store/create-key-store.js';
import { createAuthorizer, type Authorizer } from '../../src/outbound/authorizer.js';
import { type DestinationRecord } from '../../src/outbound/destination.js';
import { createDestinations } from '../../src/outbound/destinations.js';
import { codeOfCall } from '../support/scene.js';
import { createSigningKey } from '../support/signing-key.js';

const keyStore = await createKeyStore({ privateKeys: [(await createSigningKey()).privateJwk] });
const service = 'https://herald.service/';
const record = { onBehalfOf: 'service', authorize: 'mint' } as const;

/** Each destination has its path as its name. */
function authorizerOf(paths: readonly string[], undeclared?: 'send-without-token'): Authorizer {
  const destinations = paths.map((path) => ({ ...record, name: path, url: `https://h.test${path}` }));
  return createAuthorizer({ service, keyStore, destinations, ...(undeclared && { undeclared }) });
}

describe('a path', () => {
  const authorizer = authorizerOf(['/svc/', '/svc/deep/', '/svc/ü b/', '/svc/@x/', '/svc/a+b/']);
  const nameOf = (path: string) => authorizer.destinationOf(new URL(`https://h.test${path}`))?.name;

  it.each([
    ['/svc/deep/x', '/svc/deep/'],
    ['/svc/%64eep/x', '/svc/deep/'],
    ['/svc/%64%65%65%70', '/svc/deep/'],
    ['/%73vc/deep/', '/svc/deep/'],
    ['/%73vc/x', '/svc/'],
    ['/svc/x/../deep/', '/svc/deep/'],
    ['/svc/x/%2e%2E/deep/', '/svc/deep/'],
    ['/svc/x/.%2e/%64eep/', '/svc/deep/'],
    ['/svc\\deep\\x', '/svc/deep/'],
    ['/svc/ü b/x', '/svc/ü b/'],
    ['/svc/%C3%BC%20b/x', '/svc/ü b/'],
    ['/svc/%c3%bc%20b/x', '/svc/ü b/'],
    ['/svc/%40x/', '/svc/@x/'],
    ['/svc/a%2bb/', '/svc/a+b/'],
    ['/svc/deeper', '/svc/'],
    ['/svc/DEEPER', '/svc/'],
    ['/svc/deep/X', '/svc/deep/'],
    ['/svc/User/21/', '/svc/'],
    ['/svc/x?to=/svc/deep/', '/svc/'],
    ['/svc/x?to=%2e%2e%2Fdeep;//', '/svc/'],
    // Servers may read these in several ways, which all stay where they are.
    ['/svc/a%2Fb', '/svc/'],
    ['/svc/a%5cb', '/svc/'],
    ['/svc/a//b', '/svc/'],
    ['/svc//', '/svc/'],
    ['/svc/deep//x', '/svc/deep/'],
    ['/svc/deep/;v=2/x', '/svc/deep/'],
    ['/svc/x;y=deep/z', '/svc/'],
    ['/svc/100%25', '/svc/'],
    ['/svc/%2525', '/svc/'],
    ['/svc/%zz%', '/svc/'],
    ['/svc/%ff', '/svc/'],
    ['/svc/%00', '/svc/'],
    ['/svc/..a/b..', '/svc/'],
    ['/svc/x%2F..%2Fy', '/svc/'],
  ])('%s is one of the destination %s', (path, name) => {
    expect(nameOf(path)).toBe(name);
  });

  it.each([
    ['an encoded slash that ends a segment', '/svc%2Fdeep/x'],
    ['an encoded slash inside of the longer one', '/svc/deep%2F..%2Fx'],
    ['an encoded backslash', '/svc%5Cdeep/x'],
    ['dots behind an encoded slash', '/svc/deep/..%2Fx'],
    ['dots behind an encoded slash, which lead out of all', '/svc/..%2F..%2Fadmin'],
    ['dots behind an encoded backslash', '/svc/deep/..%5Cx'],
    ['dots between encoded slashes', '/svc/x%2F..%2Fdeep%2Fy'],
    ['dots that are encoded twice', '/svc/deep/%252e%252e/x'],
    ['dots and slashes that are encoded twice', '/svc/deep/..%252Fx'],
    ['an encoding that is encoded', '/svc/%2564eep/x'],
    ['an encoding of a percent sign', '/svc/%25%36%34eep/x'],
    ['an empty segment', '/svc//deep/x'],
    ['an empty segment at the beginning', '//svc/deep/x'],
    ['empty segments that dots climb over', '/svc/deep//..%2F..%2Fx'],
    ['parameters', '/svc/deep;v=1/x'],
    ['parameters of the segment before', '/svc;v=1/deep/x'],
    ['parameters behind dots', '/svc/deep/..;/x'],
    ['parameters behind dots, twice', '/svc/x/..;a=b/..;/admin'],
    ['parameters behind encoded dots', '/svc/deep/%2e%2e;/x'],
    ['parameters by an encoded semicolon', '/svc/deep%3Bv=1/x'],
    ['capitals of the longer one', '/svc/DEEP/x'],
    ['one capital', '/svc/Deep'],
    ['capitals of the shorter one', '/SVC/x'],
    ['an encoded capital', '/svc/%44eep/x'],
    ['an encoded capital that is encoded', '/svc/%2544eep/x'],
    ['a capital that is not of ASCII', '/svc/Ü b/x'],
    ['capitals behind dots', '/svc/x/../Deep/'],
    ['parameters with a slash', '/svc/x;%2F..%2Fdeep'],
  ])('that servers take for one of this or of another destination is refused: %s', (_what, path) => {
    expect(codeOfCall(() => nameOf(path))).toBe('destination_unknown');
  });

  it('that may be one of a destination is not sent bare where undeclared ones are', () => {
    const lenient = authorizerOf(['/svc/'], 'send-without-token');
    const of = (path: string) => lenient.destinationOf(new URL(`https://h.test${path}`));
    expect(of('/other/')).toBeUndefined();
    expect(of('/svcx/%2F')).toBeUndefined();
    for (const path of ['/other/..%2Fsvc/', '/svc%2Fx', '//svc/', '/svc;x/y', '/svc/..;/admin', '/Svc/x'])
      expect([path, codeOfCall(() => of(path))]).toEqual([path, 'destination_unknown']);
  });

  it('may be written in whatever way where one destination has the whole origin', () => {
    const whole = authorizerOf(['/']);
    for (const path of ['/a%2Fb', '/..;/x', '//x', '/%252e%252e/', '/%25'.repeat(2000), '/a;b=c'])
      expect(whole.destinationOf(new URL(`https://h.test${path}`))?.name).toBe('/');
  });

  it('that is encoded over and over is not read to its end, and is refused', () => {
    expect(codeOfCall(() => nameOf(`/svc/%${'25'.repeat(10_000)}`))).toBe('destination_unknown');
  });
});

describe('the process does not come up with a destination', () => {
  const destinationsOf = (...urls: readonly string[]) => {
    const records: DestinationRecord[] = urls.map((url, index) => ({ ...record, name: String(index), url }));
    return createDestinations(records, { service, allowInsecureHttp: false });
  };

  it.each(['/a%2Fb/', '/a%5Cb/', '/a//b/', '//a/', '/a;v=2/', '/a%3Bb/', '/%252e%252e/', '/a%25b/'])(
    'whose path servers read in several ways: %s',
    (path) => {
      expect(() => destinationsOf(`https://h.test${path}`)).toThrow(TypeError);
      expect(() => destinationsOf(`https://h.test${path}`)).toThrow(
        'destinations[0].url must not hold an empty segment, a ";", or an encoded "/", "\\", ";" or "%"',
      );
    },
  );

  it('that is another one in other letters', () => {
    expect(() => destinationsOf('https://h.test/deep/', 'https://h.test/%44eep')).toThrow(
      'destinations[1] has the name or the url of destinations[0]',
    );
    expect(() => destinationsOf('https://h.test/deep/', 'https://other.test/Deep/')).not.toThrow();
  });

  it('that is another one, written differently', () => {
    expect(() => destinationsOf('https://h.test/deep/', 'https://h.test/%64eep')).toThrow(
      'destinations[1] has the name or the url of destinations[0]',
    );
  });
});
