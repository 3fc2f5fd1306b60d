import { createVerifier, type Verifier, type VerifierOptions } from '../../../src/inbound/verifier.js';
import { type IntrospectionRecord } from '../../../src/trust/introspection-record.js';
import { type TrustRecord } from '../../../src/trust/trust-record.js';
import { SERVICE } from '../../support/forge.js';

const IDP = 'https://idp.example/';
const ENDPOINT = 'https://idp.example/introspect';

const client = {
  clientId: 'census',
  clientAuthentication: 'client_secret_post',
  clientSecret: 's',
} as const;

interface Asked {
  readonly issuer?: string;
  readonly introspection?: Partial<IntrospectionRecord>;
  readonly options?: Partial<VerifierOptions>;
}

function verifierFor({ issuer = IDP, introspection = {}, options = {} }: Asked): Verifier {
  const record = { name: 'idp', issuer, introspection: { ...client, ...introspection } };
  return createVerifier({ service: SERVICE, trust: [record], ...options });
}

describe('the record of an issuer that is asked', () => {
  it('needs the key store where it authenticates with our key', () => {
    const record = {
      name: 'idp',
      issuer: IDP,
      introspection: { clientId: 'census', clientAuthentication: 'private_key_jwt' },
    };
    expect(() => createVerifier({ service: SERVICE, trust: [record as TrustRecord] })).toThrow(
      'trust[0].introspection.clientAuthentication is "private_key_jwt", which signs with a key of this service',
    );
  });

  it('may not name a private address where only public ones are allowed', () => {
    const introspection = { endpoint: 'http://127.0.0.1:4003/introspect' };
    expect(() => verifierFor({ introspection })).not.toThrow();
    expect(() => verifierFor({ introspection, options: { publicOnly: true } })).toThrow(
      'trust[0].introspection.endpoint must not be a private address',
    );
  });
});

describe('an issuer that is asked where its metadata says', () => {
  it.each([
    ['plain http', 'http://idp.example/', 'trust[0].issuer must be https (http is for loopback only)'],
    ['no address', 'shop-idp', 'trust[0].issuer must be an absolute https URI'],
    ['an address with credentials', 'https://a:b@idp.example/', 'trust[0].issuer must not hold credentials'],
    ['an address with a query', 'https://idp.example/?a', 'trust[0].issuer must not hold a query'],
  ])('may not be %s, unless the record says where', (_what, issuer, problem) => {
    expect(() => verifierFor({})).not.toThrow();
    expect(() => verifierFor({ issuer })).toThrow(problem);
    expect(() => verifierFor({ issuer, introspection: { endpoint: ENDPOINT } })).not.toThrow();
  });

  it('may be plain http on loopback, and elsewhere for development', () => {
    expect(() => verifierFor({ issuer: 'http://127.0.0.1:4003/' })).not.toThrow();
    const options = { allowInsecureHttpForLocalDevelopment: true };
    expect(() => verifierFor({ issuer: 'http://idp.example/', options })).not.toThrow();
  });

  it('may not be in a private network where only public addresses are allowed', () => {
    const issuer = 'https://10.0.0.5/';
    const options = { publicOnly: true };
    expect(() => verifierFor({ issuer })).not.toThrow();
    expect(() => verifierFor({ issuer, options })).toThrow(
      'trust[0].issuer must not be a private address (publicOnly is set)',
    );
    expect(() => verifierFor({ issuer, options, introspection: { endpoint: ENDPOINT } })).not.toThrow();
  });
});
