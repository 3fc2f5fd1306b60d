import { CountersignError, type FaultCode } from '../../src/errors.js';
import { normalizeUri } from '../../src/lib/normalize-uri.js';
import { type Claims } from '../../src/token.js';
import { boundSetting, dpopHeaders } from '../support/dpop.js';
import { createScene, type Setting } from '../support/scene.js';

/** What a path can be made of that some resolve before they look for a handler and others do not. */
const READ_IN_TWO_WAYS: readonly string[] = [
  ...['/export/../user/42', '/../user/42', '/user/./42', '/user/42/..', '/user/42/.', '/..', '/.'],
  ...['/export/%2e%2e/user/42', '/export/%2E%2E/user/42', '/export/.%2e/user/42', '/export/%2e./user/42'],
  ...['/user/%2e/42', '/user/42/%2E', '/%2e%2e/user/42', '//../user/42', '/a/..//user/42'],
  ...['/export/..%2fuser/42', '/export%2F..%2Fuser/42', '/export%2f%2e%2e/user/42', '/user/42%2f.'],
  ...['\\user\\42', '/user\\42', '/export\\..\\user\\42', '/export/..\\user/42', '/export/%2e%2e\\user/42'],
  ...['/user%5c42', '/user%5C42', '/export/..%5cuser/42', '/export%5C%2e%2e%5Cuser/42'],
  ...['/us\ter/42', '/user/42\n', '/user/42 ', '/user/\u000042', '/user/42\u007f', '/user/\u00e9'],
  ...['/user/42#', '/user/42#/../43', '/user#/42', '/user/42#a?b'],
  ...['*', '', 'user/42', '?a', 'census.service:443', '@census.service/user/42'],
  ...[
    'https://census.service/user/42',
    'http://census.service/user/42',
    'HTTPS://census.service/export/../user/42',
  ],
];

/** Paths that mean what they say, and nothing else. */
const PLAIN: readonly string[] = [
  ...['/', '/user/42', '/user/42/', '//user/42', '/user//42', '//evil.example/user/42', '/user/42//'],
  ...['/user%2f42', '/user%2F42', '/export%2Fuser/42', '/user;v=1/42;x', '/..;/user/42', '/user/42;/..;'],
  ...['/user/42.', '/user/.42', '/user/...', '/user/a..b', '/user/.well-known', '/user/%2e%2e%2e', '/x%2e'],
  ...[
    '/%75ser/42',
    '/user/%00',
    '/user/%C3%A9',
    '/user/%c3%a9',
    '/user/%',
    '/user/%zz',
    '/user/%252e%252e/42',
  ],
  ...['/user/%255c', '/user/%23', '/user/%3f', '/user/@a:b,c', "/user/!$&'()*+=|^[]{}`~"],
  ...[
    '/user/42?',
    '/user/42?a=/../b',
    '/user/42?a=%2e%2e%2f%5c',
    '/user/42?\\',
    '/user/42?a#b',
    '/user/42?/./',
  ],
];

/** The `htu` of a proof for exactly that request line, as a client makes it that changes nothing. */
const htuFor = (target: string): string => `https://census.service${target.split('?', 1).join('')}`;

function proven(
  url: string,
  htu: string,
  verifier: Setting['verifier'] = {},
): Promise<FaultCode | 'accepted'> {
  const claims: Claims = { htu };
  const scene = createScene({ ...boundSetting(), verifier });
  return outcomeOf(scene.accepted({ request: { url, rawHeaders: dpopHeaders({ claims }) } }));
}

function bound(url: string, htu: string): Promise<FaultCode | 'accepted'> {
  const body = Buffer.from('{}');
  const scene = createScene({ bound: true, request: { method: 'POST', url: '/', body } });
  return outcomeOf(scene.accepted({ request: { url }, claims: { htu } }));
}

async function outcomeOf(authenticated: Promise<unknown>): Promise<FaultCode | 'accepted'> {
  try {
    await authenticated;
    return 'accepted';
  } catch (error) {
    if (error instanceof CountersignError) return error.code;
    throw error;
  }
}

describe('a path that can be read in more than one way', () => {
  it.each(READ_IN_TWO_WAYS)('has no proof: %j', async (target) => {
    for (const htu of [htuFor(target), 'https://census.service/user/42', htuFor('/user/42/')])
      expect([htu, await proven(target, htu)]).toEqual([htu, 'dpop_proof_invalid']);
  });

  it.each(READ_IN_TWO_WAYS)('has no bound token, although its signer meant it: %j', async (target) => {
    expect(await bound(target, `https://census.service${target}`)).toBe('binding_mismatch');
  });

  it.each(['/../admin/', '/%2e%2e/admin/', '/..%2fadmin/', '/..\\admin/', '/..%5cadmin/', '/x/../../admin/'])(
    'does not lead out of a public URL: %s',
    async (target) => {
      const verifier = { dpop: { publicUrls: ['https://api.example/census/'] } };
      for (const htu of ['https://api.example/admin/', `https://api.example/census${target}`])
        expect(await proven(target, htu, verifier)).toBe('dpop_proof_invalid');
      expect(await proven('/admin/', 'https://api.example/census/admin/', verifier)).toBe('accepted');
    },
  );
});

describe('a path that everybody reads alike', () => {
  it.each(PLAIN)('has a proof and a bound token of its own: %j', async (target) => {
    expect(await proven(target, htuFor(target))).toBe('accepted');
    expect(await bound(target, `https://census.service${target}`)).toBe('accepted');
  });

  const others = PLAIN.filter((target) => !/^\/(user|%75ser)\/42(\?|$)/.test(target));
  it.each(others)('has no other’s: the proof for user 42 is not for %j', async (target) => {
    expect(await proven(target, 'https://census.service/user/42')).toBe('dpop_proof_invalid');
    expect(await bound(target, 'https://census.service/user/42')).toBe('binding_mismatch');
  });

  it('is the same with other escapes for a proof, and not for a bound token', async () => {
    for (const [target, other] of [
      ['/%75ser/%34%32', '/user/42'],
      ['/user/%c3%a9', '/user/%C3%A9'],
      ['/user%2f42', '/user%2F42'],
      ['/user/a%2eb%7e', '/user/a.b~'],
    ] as const) {
      expect(await proven(target, htuFor(other))).toBe('accepted');
      expect(await proven(other, htuFor(target))).toBe('accepted');
      expect(await bound(target, htuFor(other))).toBe('binding_mismatch');
    }
  });

  it('is not the same with an escaped slash in the place of a slash', async () => {
    expect(await proven('/user%2f42', htuFor('/user/42'))).toBe('dpop_proof_invalid');
    expect(await proven('/user/42', htuFor('/user%2f42'))).toBe('dpop_proof_invalid');
  });
});

describe('a public URL', () => {
  it.each(['https://api.example/?v=1', 'https://api.example/?a=/', 'https://api.example/#a'])(
    'holds no query and no fragment, behind which every path would look the same: %s',
    (url) => {
      expect(() => createScene({ verifier: { dpop: { publicUrls: [url] } } })).toThrow('dpop.publicUrls[0]');
    },
  );

  it.each(['https://api.example/?', 'https://api.example/#', 'https://api.example/?#'])(
    'is the same without what holds nothing: %s',
    async (url) => {
      const verifier = { dpop: { publicUrls: [url] } };
      expect(await proven('/user/42', 'https://api.example/user/42', verifier)).toBe('accepted');
      expect(await proven('/user/42', 'https://api.example/', verifier)).toBe('dpop_proof_invalid');
    },
  );

  it('may have a host in any script', async () => {
    const verifier = { dpop: { publicUrls: ['https://παράδειγμα.example/'] } };
    expect(await proven('/user/42', 'https://xn--hxajbheg2az3al.example/user/42', verifier)).toBe('accepted');
  });
});

describe('the URI of a proof', () => {
  it.each([
    ...[
      'https:\\\\census.service/user/42',
      'https://census.service\\user\\42',
      'https:/census.service/user/42',
    ],
    ...['https:census.service/user/42', ' https://census.service/user/42', 'https://census.service/user/42 '],
    ...[
      'https://census.service/us\ner/42',
      'https://census.service/user/\u00e9',
      'https://a@census.service/user/42',
    ],
    ...[
      '//census.service/user/42',
      '/user/42',
      'ftp://census.service/user/42',
      'https://',
      'https://[::1/user/42',
    ],
  ])('is one by RFC 3986, and not what a browser makes of %j', (uri) => {
    expect(normalizeUri(uri)).toBeUndefined();
  });

  it('may hold what RFC 3986 removes: it is the URI that the client meant', async () => {
    for (const htu of ['/x/../user/42', '/user/./42', '/%75ser/42', '/user/42?a#b'])
      expect(await proven('/user/42', `https://CENSUS.service:443${htu}`)).toBe('accepted');
  });
});
