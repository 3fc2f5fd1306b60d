import { createAuthorizer, type AuthorizerOptions } from '../../src/outbound/authorizer.js';
import {
  arriving,
  createCallChain,
  HERALD,
  read,
  TO_CENSUS,
  write,
  type CallChain,
} from '../support/call-chain.js';

let chain: CallChain;

beforeEach(async () => {
  chain = await createCallChain();
});

describe('an outgoing call', () => {
  it('carries its token in Authorization', async () => {
    const { headers, issued, destination } = await chain.authorizer().authorize(read(), await chain.called());
    expect(headers).toEqual([{ name: 'Authorization', value: `Bearer ${issued!.token}` }]);
    expect(destination).toMatchObject({ name: 'census', timeoutMs: 10_000 });
  });

  it('carries it bare in JWT, when the destination says so, and the called service reads it there', async () => {
    const call = await chain.authorizer({ header: 'JWT' }).authorize(write(), await chain.called());
    expect(call.headers).toEqual([{ name: 'JWT', value: call.issued!.token }]);
    await chain.census.authenticate(arriving(write(), call));
  });

  it('carries nothing to a destination that wants no token, whoever asks', async () => {
    const authorizer = chain.authorizer({ authorize: 'none' });
    for (const authentication of [undefined, await chain.called()]) {
      const { headers, issued } = await authorizer.authorize(write(), authentication);
      expect({ headers, issued }).toEqual({ headers: [], issued: undefined });
    }
    expect(chain.signatures()).toBe(0);
  });

  it('to a destination that is not declared does not leave, and nothing is signed for it', async () => {
    const url = new URL('https://attacker.test/');
    const authorizer = chain.authorizer();
    await expect(authorizer.authorize({ ...read(), url }, await chain.called())).rejects.toMatchObject({
      code: 'destination_unknown',
    });
    expect(() => authorizer.destinationOf(url)).toThrow(
      expect.objectContaining({ code: 'destination_unknown' }) as Error,
    );
    expect(chain.signatures()).toBe(0);
  });

  it('to a destination that is not declared is named by its origin, without path, query and credentials', () => {
    const url = new URL('https://user:sesame@archive.service/secret?token=sesame');
    const call = (): unknown => chain.authorizer().destinationOf(url);
    expect(call).toThrow('no destination is declared for https://archive.service');
    expect(call).not.toThrow(/sesame|secret/);
  });

  it.each(['http://user@127.0.0.1:4001/', 'http://:secret@127.0.0.1:4001/'])(
    'with credentials in its URL does not leave: %s',
    async (url) => {
      const fault = await chain
        .authorizer()
        .authorize({ ...read(), url: new URL(url) }, await chain.called())
        .catch((error: unknown) => error);
      expect(fault).toMatchObject({ code: 'authorization_present' });
      expect(String(fault)).not.toContain('secret');
      expect(chain.signatures()).toBe(0);
    },
  );
});

describe('the process does not come up with an authorizer that has', () => {
  it.each([
    ['no identifier of its own', { service: undefined }, 'service must be a non-empty string'],
    ['an empty identifier', { service: '' }, 'service must be a non-empty string'],
    ['no destinations', { destinations: undefined }, 'destinations must be an array'],
    [
      'no key store',
      { keyStore: undefined },
      'destinations[0].authorize is "mint", which signs with a key of this service: set keys',
    ],
    [
      'null for a key store',
      { keyStore: null },
      'keyStore must be a key store, as createKeyStore() resolves to',
    ],
    ['a key store that is still a promise', { keyStore: Promise.resolve() }, 'keyStore must be a key store'],
    ['a misspelt option', { destination: [] }, 'destination is not an option; the options are service,'],
    [
      'a dangerous switch in words',
      { allowInsecureHttpForLocalDevelopment: 'false' },
      'allowInsecureHttpForLocalDevelopment must be true or false',
    ],
    [
      'a destination that is wrong',
      { destinations: [TO_CENSUS, { ...TO_CENSUS, url: 'x' }] },
      'destinations[1].url must be an absolute https URI',
    ],
  ])('%s', (_what, changes: object, problem) => {
    const { clock, keyStore } = chain;
    const options = {
      service: HERALD,
      destinations: [TO_CENSUS],
      keyStore,
      clock,
      ...changes,
    } as AuthorizerOptions;
    expect(() => createAuthorizer(options)).toThrow(TypeError);
    expect(() => createAuthorizer(options)).toThrow(problem);
  });
});
