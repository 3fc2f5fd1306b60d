import { decodeProtectedHeader } from 'jose';
import { type KeyStore, type OpenKeyStore } from '../../src/signing-keys/key-store.js';
import { createAuthorizer, type Authorizer } from '../../src/outbound/authorizer.js';
import { type DestinationRecord } from '../../src/outbound/destination.js';
import { HERALD, heraldOf, ours } from '../support/oauth-clients.js';
import { createOwnKeys, type OwnKeys } from '../support/own-keys.js';
import { startProvider } from '../support/openid-provider.js';
import { outboundCall } from '../support/service.js';

const TO_CENSUS: DestinationRecord = {
  name: 'census',
  url: 'http://127.0.0.1:4001/',
  audience: 'https://census.service/',
  onBehalfOf: 'service',
  authorize: 'mint',
  scopes: ['user:read'],
};

let own: OwnKeys;
let store: OpenKeyStore;

beforeEach(async () => {
  own = await createOwnKeys();
  store = await own.open();
});

afterEach(() => own.close());

function herald(keyStore: KeyStore = store): Authorizer {
  return createAuthorizer({ service: HERALD, destinations: [TO_CENSUS], keyStore, clock: own.clock });
}

/** The key of the token that a call gets. */
async function keyOf(authorizer: Authorizer, method: 'GET' | 'POST'): Promise<string | undefined> {
  const { issued } = await authorizer.authorize(
    outboundCall('http://127.0.0.1:4001/user/', method),
    undefined,
  );
  return decodeProtectedHeader(issued!.token).kid;
}

describe('after a key was revoked', () => {
  it.each(['GET', 'POST'] as const)(
    'the next %s is signed by another one, without a restart',
    async (method) => {
      const authorizer = herald();
      const first = store.signer().keyId;
      expect(await keyOf(authorizer, method)).toBe(first);
      await own.keys.revoke({ keyId: first });
      await store.reload();
      expect(await keyOf(authorizer, method)).toBe(store.signer().keyId);
      expect(store.signer().keyId).not.toBe(first);
    },
  );

  it('no token by it that was kept for other reads is used any more', async () => {
    const authorizer = herald();
    const first = await keyOf(authorizer, 'GET');
    const token = async () =>
      (await authorizer.authorize(outboundCall(TO_CENSUS.url), undefined)).issued?.token;
    expect(await token()).toBe(await token());
    await own.keys.revoke({ keyId: first! });
    await store.reload();
    const later = await token();
    expect(decodeProtectedHeader(later!).kid).toBe(store.signer().keyId);
    expect(await token()).toBe(later);
  });

  it('the next client assertion is signed by another one', async () => {
    const provider = await startProvider({ clients: [] });
    try {
      const server = { issuer: provider.issuer, ...ours.private_key_jwt };
      const assertedBy = async (index: number): Promise<string | undefined> => {
        const call = heraldOf(server, ['user:read'], store).authorize(outboundCall(TO_CENSUS.url), undefined);
        await call.catch(() => undefined);
        const assertion = provider.tokenRequests[index]?.parameters.get('client_assertion');
        return decodeProtectedHeader(assertion!).kid;
      };
      const first = store.signer().keyId;
      expect(await assertedBy(0)).toBe(first);
      await own.keys.revoke({ keyId: first });
      await store.reload();
      expect(await assertedBy(1)).toBe(store.signer().keyId);
    } finally {
      await provider.close();
    }
  });
});

it('a key store that has no key at the moment lets no call leave', async () => {
  const broken: KeyStore = {
    publicKeys: () => store.publicKeys(),
    signer: () => {
      throw new Error('the device is locked');
    },
  };
  for (const method of ['GET', 'POST'] as const)
    await expect(keyOf(herald(broken), method)).rejects.toMatchObject({ code: 'token_unavailable' });
});
