import { inspect } from 'node:util';
import { CountersignError } from '../../src/errors.js';
import { type KeyStore, type Signer } from '../../src/signing-keys/key-store.js';
import { createAuthorizer } from '../../src/outbound/authorizer.js';
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

describe('a key that cannot sign', () => {
  const secret = 'open sesame: -----BEGIN PRIVATE KEY-----';
  const failing = (failure: Partial<Signer>): KeyStore => ({
    publicKeys: () => chain.keyStore.publicKeys(),
    signer: () => ({ ...chain.keyStore.signer(), ...failure }),
  });

  it.each([
    ['rejects', (): KeyStore => failing({ sign: () => Promise.reject(new Error(secret)) })],
    ['throws', (): KeyStore => failing({ sign: () => { throw new Error(secret); } })],
    ['is not there', (): KeyStore => ({ ...chain.keyStore, signer: () => { throw new Error(secret); } })],
  ])('and %s makes the token unavailable, and its words stay with the operator', async (_what, keyStore) => {
    const authorizer = createAuthorizer({ ...only(chain), keyStore: keyStore(), service: HERALD, destinations: [TO_CENSUS] });
    const authentication = await chain.called();
    for (const call of [read(), write()]) {
      const fault = await authorizer.authorize(call, authentication).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(CountersignError);
      expect(fault).toMatchObject({ code: 'token_unavailable', kind: 'unavailable', retryAfterSeconds: 1 });
      const { cause, ...shown } = fault as CountersignError;
      expect(cause).toMatchObject({ message: secret });
      expect(`${String(fault)} ${JSON.stringify(fault)} ${inspect(shown)}`).not.toContain('sesame');
      expect(inspect(fault)).not.toContain(authentication.token);
    }
  }); // prettier-ignore

  it('is asked again: a failure is not kept', async () => {
    let works = false;
    const keyStore = failing({
      sign: (input) => (works ? chain.keyStore.signer().sign(input) : Promise.reject(new Error('busy'))),
    });
    const authorizer = createAuthorizer({
      ...only(chain),
      keyStore,
      service: HERALD,
      destinations: [TO_CENSUS],
    });
    const authentication = await chain.called();
    await expect(authorizer.authorize(read(), authentication)).rejects.toMatchObject({
      code: 'token_unavailable',
    });
    works = true;
    const call = await authorizer.authorize(read(), authentication);
    await chain.census.authenticate(arriving(read(), call));
  });
});

function only({ clock, keyStore }: CallChain): Pick<CallChain, 'clock' | 'keyStore'> {
  return { clock, keyStore };
}
