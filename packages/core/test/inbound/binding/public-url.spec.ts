import { publicUrlOf } from '../../../src/http.js';
import { PublicAddresses } from '../../../src/inbound/binding/public-addresses.js';
import { createVerifier, type Verifier, type VerifierOptions } from '../../../src/inbound/verifier.js';

const SHOP = 'https://api.example/shop/';

function verifierWith(options: Partial<VerifierOptions> = {}): Verifier {
  return createVerifier({ service: 'https://census.service/', trust: [], ...options });
}

describe('the option publicUrl', () => {
  const WRONG: readonly (readonly [publicUrl: unknown, problem: string])[] = [
    ['', 'publicUrl must be a non-empty string'],
    [null, 'publicUrl must be a non-empty string'],
    [[], 'publicUrl must name at least one URL'],
    [['https://a.example/', ''], 'publicUrl must be an array of non-empty strings'],
    ['/census/', 'publicUrl must be an absolute https URI'],
    ['ftp://a.example/', 'publicUrl must be https'],
    [['https://a.example/', 'https://b.example/?a'], 'publicUrl[1] must not hold a query'],
    ['https://a.example/#a', 'publicUrl must not hold a fragment'],
    ['https://user@a.example/', 'publicUrl must not hold credentials'],
    ...['//shop/', '/shop//', '/a;b/', '/a%2Fb/', '/a%5Cb/', '/a%3Bb/', '/a%252Fb/', '/..%2fa/'].map(
      (path) => [`https://a.example${path}`, 'publicUrl must not hold an empty segment'] as const,
    ),
  ];
  it.each(WRONG)('%j keeps the verifier from being made', (publicUrl, problem) => {
    const make = () => verifierWith({ publicUrl: publicUrl as string });
    expect(make).toThrow(problem);
    expect(make).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });

  it('may be plain http, since TLS may end elsewhere', () => {
    expect(() => verifierWith({ publicUrl: 'http://census.internal:4001/' })).not.toThrow();
  });
});

describe('the prefix that a framework puts before all routes', () => {
  it('is part of an address that ends in it', () => {
    for (const [url, path] of [
      ['https://a.example/api/', ''],
      ['https://a.example/shop/api', '/shop'],
      ['https://a.example/capi/', '/capi'],
      ['https://a.example/api/shop/', '/api/shop'],
    ] as const) {
      const addresses = new PublicAddresses([new URL(url)]);
      addresses.keepPrefix('api');
      addresses.keepPrefix('api');
      expect([url, addresses.pathsOf('/api/order')]).toEqual([url, [`${path}/api/order`]]);
      expect(addresses.urlOf('/api/order')).toBe(`https://a.example${path}/api/order`);
    }
  });

  it('is nothing where there is none', () => {
    const addresses = new PublicAddresses([new URL('https://a.example/shop/')]);
    addresses.keepPrefix('');
    expect([addresses.endsIn(''), addresses.pathsOf('/a')]).toEqual([false, ['/shop/a']]);
  });
});

describe('publicUrlOf', () => {
  it('makes the URL of a path under the first public URL', () => {
    const verifier = verifierWith({ publicUrl: [SHOP, 'https://inner.example/'] });
    expect(publicUrlOf(verifier, '/order/42?a=%20b')).toBe('https://api.example/shop/order/42?a=%20b');
    expect(publicUrlOf(verifier, '//evil.example/')).toBe('https://api.example/shop//evil.example/');
  });

  it('makes it under the identifier of a service without a public URL', () => {
    expect(publicUrlOf(verifierWith(), '/order/42')).toBe('https://census.service/order/42');
    const unnamed = createVerifier({ service: 'census', trust: [] });
    expect(() => publicUrlOf(unnamed, '/order/42')).toThrow('needs the option publicUrl');
  });

  it.each([
    'order/42',
    '',
    '?a',
    '/../admin',
    '/a/%2e%2e/b',
    '/a\\b',
    '/a b',
    '/é',
    '/a?b\r\nc',
    '/a#b',
    'https://a/',
  ])('makes none of %j', (path) => {
    expect(() => publicUrlOf(verifierWith({ publicUrl: SHOP }), path)).toThrow(TypeError);
  });
});
