import fc from 'fast-check';
import { hasOneReading } from '../../src/binding.js';
import {
  arriving,
  CENSUS,
  CENSUS_URL,
  createCallChain,
  partsOf,
  read,
  write,
} from '../support/call-chain.js';
import { authenticated, codeOf } from '../support/scene.js';

const PIECES = [
  ...[
    '.',
    '..',
    '/',
    '//',
    '\\',
    '%2e',
    '%2E',
    '%5c',
    '%5C',
    '%2f',
    '%2F',
    '%25',
    '%00',
    '%',
    ';',
    ':',
    '@',
    '~',
  ],
  ...['a', 'user', '42', '?', '#', ' ', '\t', '\n', '\u0000', 'é', '😀', '|', '{', '"'],
];
const anyPath = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(''));

describe('the target of a call that is signed', () => {
  it('is resolved before it is signed, so that only escaped slashes and backslashes can make it ambiguous', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        const { pathname } = new URL(CENSUS_URL + path);
        return hasOneReading(pathname) || /%5c|%2f/i.test(pathname);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    ['user/x/../42/', 'user/42/'],
    ['user/x/%2e%2E/42/', 'user/42/'],
    ['user\\42\\', 'user/42/'],
    ['us\ter/42/#a', 'user/42/'],
    ['user/Z\u00fcrich %00', 'user/Z%C3%BCrich%20%00'],
  ])('is what is sent, and is accepted: %j', async (path, sent) => {
    const chain = await createCallChain();
    const call = write('{}', path);
    const authorized = await chain.authorizer().authorize(call, await chain.called());
    expect(partsOf(authorized).claims['htu']).toBe(`${CENSUS}${sent}`);
    expect((await chain.census.authenticate(arriving(call, authorized))).bound).toBe(true);
  });

  it.each(['user/CORP%5Cada/', 'user/%5c', 'file/..%2Fsecret', 'file%2f%2e%2e', 'file/.%2Fa', '%2F../'])(
    'is refused here, and not first by the called service, where that would refuse it: %s',
    async (path) => {
      const chain = await createCallChain();
      const authentication = await chain.called();
      const authorize = (call: ReturnType<typeof write>) =>
        chain.authorizer().authorize(call, authentication);
      expect(await codeOf(authorize(write('{}', path)))).toBe('target_not_bindable');
      expect(await codeOf(authorize(write(null, path)))).toBe('target_not_bindable');
      expect(chain.signatures()).toBe(0);
      const unsigned = await chain
        .authorizer({ bodyBinding: 'off' })
        .authorize(write('{}', path), authentication);
      expect(unsigned.issued?.claims.bound).toBe(false);
    },
  );

  it('may be any for a read, which is bound to none', async () => {
    const chain = await createCallChain();
    const call = read('user/CORP%5Cada/');
    const authorized = await chain.authorizer().authorize(call, await chain.called());
    await expect(authenticated(chain.census, arriving(call, authorized))).resolves.toMatchObject({
      bound: false,
    });
  });
});
