import fc from 'fast-check';
import { createFixedClock } from '../../../src/clock.js';
import { CountersignError } from '../../../src/errors.js';
import { createVerifier, type Verifier, type VerifierOptions } from '../../../src/inbound/verifier.js';
import { PublicAddresses } from '../../../src/inbound/binding/public-addresses.js';
import { type OutboundCall } from '../../../src/outbound/token-source.js';
import { boundSetting, dpopHeaders } from '../../support/dpop.js';
import { createScene } from '../../support/scene.js';
import { arrive, createTestService, outboundCall, type TestService } from '../../support/service.js';

const CENSUS = 'https://census.service/';
const clock = createFixedClock();
let herald: TestService;

beforeAll(async () => {
  const census = { name: 'census', audience: CENSUS, onBehalfOf: 'service', authorize: 'mint' } as const;
  const destinations = ['https://api.example/', 'https://inner.example/'].map((url, index) => ({
    ...census,
    name: `census-${String(index)}`,
    url,
  }));
  herald = await createTestService({ name: 'herald', trust: [], destinations, clock });
});

function census(options: Partial<VerifierOptions> = {}): Verifier {
  return createVerifier({ service: CENSUS, trust: [herald.trustRecord()], clock, ...options });
}

/** What census makes of a write that herald signs for a URL, and that arrives with that request line. */
async function outcomeOf(verifier: Verifier, signedFor: string, arrivesAs: string): Promise<string> {
  const call = outboundCall(signedFor, 'POST', '{}');
  const { headers } = await herald.authorizer.authorize(call, undefined);
  const url = { pathname: arrivesAs, search: '' } as URL;
  const arriving: OutboundCall = { ...call, url };
  try {
    await arrive(verifier, arriving, headers);
    return 'accepted';
  } catch (error) {
    if (error instanceof CountersignError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

function codeIn(error: unknown): string {
  if (error instanceof CountersignError) return error.code;
  throw error;
}

const SHOP = 'https://api.example/shop/';

describe('a write that came through a proxy which strips a prefix', () => {
  it.each([
    ['https://api.example/shop/order', '/order'],
    ['https://api.example/shop/order?a=1&b=%2F', '/order?a=1&b=%2F'],
    ['https://api.example/shop/', '/'],
    ['https://api.example/shop//order', '//order'],
    ['https://api.example/shop/%2e%2e%2eorder/%2F', '/%2e%2e%2eorder/%2F'],
    ['https://api.example/shop/shop/order', '/shop/order'],
    ['https://inner.example/shop/order', '/order'],
  ])('is accepted for the path that was called: %s', async (signedFor, arrivesAs) => {
    expect(await outcomeOf(census({ publicUrl: SHOP }), signedFor, arrivesAs)).toBe('accepted');
    expect(await outcomeOf(census({ publicUrl: [SHOP.slice(0, -1)] }), signedFor, arrivesAs)).toBe(
      'accepted',
    );
  });

  it('is refused where the service does not know its address, and says both values', async () => {
    expect(await outcomeOf(census(), 'https://api.example/shop/order', '/order')).toBe(
      'binding_mismatch: htu is https://census.service/shop/order, and the request is https://census.service/order',
    );
  });

  it.each([
    ['/shop/order', '/other'],
    ['/shop/order', '/order/'],
    ['/shop/order', '/ORDER'],
    ['/shop/order', '//order'],
    ['/shop/order', '/shop/order'],
    ['/shop/order', '/%6frder'],
    ['/shop/order', '/order?a'],
    ['/shop/order?a=1', '/order?a=2'],
    ['/shop//order', '/order'],
    ['/shopx', '/x'],
    ['/shopx', 'x'],
    ['/shop', '/'],
    ['/shop?a', '?a'],
    ['/shop', ''],
    ['/shopping/order', '/ping/order'],
    ['/SHOP/order', '/order'],
    ['/%73hop/order', '/order'],
    ['/shop%2Forder', '/order'],
    ['/order', '/order'],
    ['/other/shop/order', '/order'],
    ['/shop/a', '/b/../a'],
    ['/shop/a', '/b/%2e%2e/a'],
    ['/shop/a', '/..%2fa'],
    ['/shop/a', '/.%5ca'],
    ['/a', '/../a'],
    ['/a', '/%2e%2e/a'],
    ['/shop/order', 'https://api.example/shop/order'],
    ['/shop/order', '//api.example/shop/order'],
  ])('is refused when %s was signed and %s arrives', async (path, arrivesAs) => {
    const verifier = census({ publicUrl: SHOP });
    expect(await outcomeOf(verifier, 'https://api.example/shop/order', '/order')).toBe('accepted');
    const outcome = await outcomeOf(verifier, `https://api.example${path}`, arrivesAs);
    expect(outcome).toMatch(/^binding_mismatch: /);
  });

  it.each(['/../admin', '/%2e%2e/admin', '/x/..%2fadmin', '/\\admin', '/%5cadmin'])(
    'is refused for a path that leads out of the prefix, although its signer meant it: %s',
    async (arrivesAs) => {
      const scene = createScene({ verifier: { publicUrl: SHOP }, bound: true, request: { method: 'POST' } });
      const sent = (htu: string, url: string) =>
        scene.accepted({ claims: { htu }, request: { url } }).catch((error: unknown) => codeIn(error));
      expect(await sent('https://census.service/shop/a', '/a')).toMatchObject({ bound: true });
      expect(await sent(`https://census.service/shop${arrivesAs}`, arrivesAs)).toBe('binding_mismatch');
      expect(await sent('https://census.service/admin', arrivesAs)).toBe('binding_mismatch');
    },
  );
});

describe('a service with several addresses', () => {
  const both: Partial<VerifierOptions> = { publicUrl: [SHOP, 'https://inner.example/'] };

  it('takes a write by each of them', async () => {
    expect(await outcomeOf(census(both), 'https://api.example/shop/order', '/order')).toBe('accepted');
    expect(await outcomeOf(census(both), 'https://inner.example/order', '/order')).toBe('accepted');
    const message = await outcomeOf(census(both), 'https://inner.example/other', '/order');
    expect(message).toBe(
      'binding_mismatch: htu is https://census.service/other, and the request is ' +
        'https://census.service/shop/order or https://census.service/order',
    );
  });

  it.each([
    ['/shop/order', '/shop/order'],
    ['/shop/', '/shop/'],
    ['/shop', '/shop'],
    ['//shop/order', '//shop/order'],
    ['/SHOP/order', '/SHOP/order'],
    ['/%73hop/order', '/%73hop/order'],
    ['/shop%2Forder', '/shop%2Forder'],
    ['/shop;a=1/order', '/shop;a=1/order'],
  ])('takes none for a path that is below two of them by the shorter: %s', async (signedPath, arrivesAs) => {
    const verifier = census(both);
    const outcome = await outcomeOf(verifier, `https://inner.example${signedPath}`, arrivesAs);
    expect(outcome).toMatch(/^binding_mismatch: /);
  });

  it('takes every other path that only looks so', async () => {
    for (const path of ['/shopx', '/shopping/order', '/x/shop/order', '/order?/shop/'])
      expect(await outcomeOf(census(both), `https://inner.example${path}`, path)).toBe('accepted');
  });

  it('has no two paths with one address, whatever its addresses are', () => {
    const pathOf = (segments: readonly string[]) => segments.map((segment) => `/${segment}`).join('');
    const root = fc.array(fc.constantFrom('a', 'b', '%61', 'ab', 'A'), { maxLength: 4 });
    const path = fc.array(fc.constantFrom('a', 'b', '%61', '', ';a', '%2F', 'a?/b'), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(root, fc.nat(4), root, path, (long, cut, unrelated, rest) => {
        const short = long.slice(0, cut);
        const urls = [short, unrelated, long].map((each) => new URL(`https://api.example${pathOf(each)}/`));
        const addresses = new PublicAddresses(urls);
        // Without the rule for addresses that lead into each other, the short one has the second for what the long one has.
        const [one, other] = [pathOf(rest), pathOf(long.slice(cut)) + pathOf(rest)];
        fc.pre(one !== other);
        for (const addressesOf of ['pathsOf', 'urisOf'] as const) {
          const ofOther = new Set(addresses[addressesOf](other));
          expect(addresses[addressesOf](one).filter((each) => ofOther.has(each))).toEqual([]);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('what the operator is told of a write for another address', () => {
  it('holds no value of a query', async () => {
    const signedFor = 'https://api.example/shop/order?token=secret-1&plain&b=2#c';
    const told = await outcomeOf(census(), signedFor, '/order?token=secret-2&b=3');
    expect(told).toBe(
      'binding_mismatch: htu is https://census.service/shop/order?token&plain&b, and the request is ' +
        'https://census.service/order?token&b',
    );
  });

  it('says where nothing that is shown differs', async () => {
    const told = await outcomeOf(census(), 'https://api.example/order?a=1', '/order?a=2');
    expect(told).toMatch(/; they differ in what is not shown$/);
  });

  it('is one line, and not longer than a line', async () => {
    const told = await outcomeOf(
      census(),
      'https://api.example/order',
      `/order\n\u001b[2J${'x'.repeat(5000)}`,
    );
    expect(told).not.toMatch(/[\n\u001b]/);
    expect(told.length).toBeLessThan(500);
  });

  it('names both methods', async () => {
    const scene = createScene({ bound: true, request: { method: 'POST' } });
    const refused = scene.accepted({ request: { method: 'PUT' } });
    await expect(refused).rejects.toThrow('htm is POST, and the request is PUT');
  });
});

describe('a proof of possession', () => {
  /** What a verifier makes of a read of a path, with a proof for a URL. */
  const proven = (verifier: Partial<VerifierOptions>, htu: string, url: string): Promise<string> =>
    createScene({ ...boundSetting(), verifier })
      .accepted({ request: { url, rawHeaders: dpopHeaders({ claims: { htu } }) } })
      .then(() => 'accepted', codeIn);

  it('is for a public URL, and no longer for the identifier', async () => {
    expect(await proven({ publicUrl: SHOP }, 'https://api.example/shop/order', '/order')).toBe('accepted');
    expect(await proven({ publicUrl: SHOP }, 'https://census.service/order', '/order')).toBe(
      'dpop_proof_invalid',
    );
    expect(await proven({ publicUrl: SHOP }, 'https://api.example/order', '/order')).toBe(
      'dpop_proof_invalid',
    );
  });

  it('is for dpop.publicUrls where they are given', async () => {
    const options = { publicUrl: SHOP, dpop: { publicUrls: ['https://clients.example/'] } };
    expect(await proven(options, 'https://clients.example/order', '/order')).toBe('accepted');
    expect(await proven(options, 'https://api.example/shop/order', '/order')).toBe('dpop_proof_invalid');
  });

  it('is for one path of the service only, also where one address leads into another', async () => {
    const options = { publicUrl: [SHOP, 'https://api.example/'] };
    expect(await proven(options, 'https://api.example/shop/order', '/order')).toBe('accepted');
    expect(await proven(options, 'https://api.example/shop/order', '/shop/order')).toBe('dpop_proof_invalid');
    expect(await proven(options, 'https://api.example/order', '/order')).toBe('accepted');
    const hosts = { publicUrl: [SHOP, 'https://inner.example/'] };
    expect(await proven(hosts, 'https://inner.example/shop/order', '/shop/order')).toBe('accepted');
    expect(await proven(hosts, 'https://api.example/shop/order', '/shop/order')).toBe('dpop_proof_invalid');
  });
});
