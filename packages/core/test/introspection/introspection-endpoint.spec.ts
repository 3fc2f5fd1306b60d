import { createVerifier } from '../../src/inbound/verifier.js';
import { type TrustRecord } from '../../src/keys/trust-record.js';
import { SERVICE } from '../support/forge.js';

const IDP = 'https://idp.example/';

describe('the record of an issuer that is asked', () => {
  it('needs the key store where it authenticates with our key', () => {
    const record = {
      name: 'idp',
      issuer: IDP,
      introspection: { clientId: 'census', clientAuthentication: 'private_key_jwt' },
    };
    expect(() => createVerifier({ service: SERVICE, trust: [record as TrustRecord] })).toThrow(
      'trust[0].introspection.clientAuthentication private_key_jwt needs the option keyStore',
    );
  });

  it('may not name a private address where only public ones are allowed', () => {
    const endpoint = 'http://127.0.0.1:4003/introspect';
    const introspection = {
      endpoint,
      clientId: 'census',
      clientAuthentication: 'client_secret_post',
      clientSecret: 's',
    } as const;
    const trust = [{ name: 'idp', issuer: IDP, introspection }];
    expect(() => createVerifier({ service: SERVICE, publicOnly: true, trust })).toThrow(
      'trust[0].introspection.endpoint must not be a private address',
    );
  });
});
