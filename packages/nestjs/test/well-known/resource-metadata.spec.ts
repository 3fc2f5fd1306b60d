import { Controller, Get } from '@nestjs/common';
import { Authenticated, Scopes, type CountersignOptions } from '@countersign/nestjs';
import { type TestIssuer } from '@countersign/testing';
import { ADAPTERS, SERVICE, startError, type Application } from '../support/application.js';
import { HERALD, useIssuer } from '../support/hooks/use-issuer.js';
import { useStart } from '../support/hooks/use-start.js';
import { bearer, send } from '../support/http.js';

@Controller('order')
class OrderController {
  @Get()
  @Scopes('order:read')
  list() {
    return [];
  }

  @Get('write')
  @Scopes.any('order:write', 'order:admin')
  write() {
    return [];
  }

  @Get('mine')
  @Authenticated()
  mine() {
    return [];
  }
}

const PATH = '/.well-known/oauth-protected-resource';

describe.each(ADAPTERS)('the metadata of a service over $name', ({ adapter }) => {
  let herald: TestIssuer;
  const startApplication = useStart();

  useIssuer(HERALD, (issuer) => void (herald = issuer));

  const startWith = (options: Partial<CountersignOptions>): Promise<Application> =>
    startApplication({ adapter, controllers: [OrderController], options: optionsWith(options) });
  const start = async (options: Partial<CountersignOptions> = {}): Promise<string> =>
    (await startWith(options)).origin;
  const optionsWith = (options: Partial<CountersignOptions>): CountersignOptions => ({
    service: SERVICE,
    keys: herald.keyStore,
    trust: [
      herald.trustRecord({ scopes: ['order:read'] }),
      { name: 'idp', issuer: 'https://idp.example/', keys: { discovery: true }, claims: 'okta' },
      {
        name: 'proofs',
        issuer: 'https://proofs.example/',
        keys: { discovery: true },
        claims: 'okta',
        proofOnly: true,
      },
    ],
    resourceMetadata: true,
    ...options,
  });

  it('says what it is, whose tokens it takes, and which scopes its routes ask for', async () => {
    const answer = await send(await start(), { path: PATH });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.json).toEqual({
      resource: SERVICE,
      authorization_servers: ['https://idp.example/'],
      jwks_uri: `${SERVICE}.well-known/jwks.json`,
      scopes_supported: ['order:admin', 'order:read', 'order:write'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: [
        'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA', 'Ed25519',
      ], // prettier-ignore
    });
  });

  it('says what the options say, and leaves out what there is none of', async () => {
    const resourceMetadata = {
      name: 'Census',
      documentation: 'https://census.service/docs',
      scopes: [],
      certificateBoundTokens: true,
    };
    const trust = [herald.trustRecord({ dpop: 'required' as const })];
    const answer = await send(await start({ trust, resourceMetadata }), { path: PATH });
    expect(answer.json).toMatchObject({
      resource_name: 'Census',
      resource_documentation: 'https://census.service/docs',
      tls_client_certificate_bound_access_tokens: true,
      dpop_bound_access_tokens_required: true,
    });
    expect(answer.json).not.toHaveProperty('scopes_supported');
    expect(answer.json).not.toHaveProperty('authorization_servers');
  });

  it('is named by challenges', async () => {
    const origin = await start();
    const metadata = `resource_metadata="https://census.service${PATH}"`;
    const missing = await send(origin, { path: '/order' });
    expect(missing.headers['www-authenticate']).toBe(`Bearer realm="${SERVICE}", ${metadata}`);
    const token = await herald.token({ audience: SERVICE });
    const refused = await send(origin, { path: '/order', headers: [bearer(token)] });
    expect(refused.status).toBe(403);
    expect(refused.headers['www-authenticate']).toBe(
      `Bearer realm="${SERVICE}", ${metadata}, error="insufficient_scope", scope="order:read"`,
    );
  });

  it('stands under the path of the identifier, and nowhere else', async () => {
    const origin = await start({ service: 'https://api.example/census/' });
    const answer = await send(origin, { path: `${PATH}/census/` });
    expect(answer.json['resource']).toBe('https://api.example/census/');
    expect((await send(origin, { path: PATH })).status).toBe(200);
    expect((await send(origin, { path: `${PATH}/other/` })).status).toBe(404);
    const missing = await send(origin, { path: '/order' });
    expect(missing.headers['www-authenticate']).toContain(
      `resource_metadata="https://api.example${PATH}/census/"`,
    );
  });

  it('is not there unless the options ask for it', async () => {
    const origin = await start({ resourceMetadata: false });
    expect((await send(origin, { path: PATH })).status).toBe(404);
    const missing = await send(origin, { path: '/order' });
    expect(missing.headers['www-authenticate']).toBe(`Bearer realm="${SERVICE}"`);
  });

  it.each<[Partial<CountersignOptions>, string]>([
    [{ service: 'census' }, 'resourceMetadata needs a service whose identifier is an https URI'],
    [
      { service: 'http://census.service/' },
      'resourceMetadata needs a service whose identifier is an https URI',
    ],
    [{ resourceMetadata: { nam: 'x' } as never }, 'resourceMetadata.nam is not an option'],
    [
      { resourceMetadata: { documentation: 'docs' } },
      'resourceMetadata.documentation must be an absolute https URI',
    ],
  ])('cannot be made of %j', async (options, problem) => {
    expect((await startError(() => startWith(options))).message).toContain(problem);
  });
});
