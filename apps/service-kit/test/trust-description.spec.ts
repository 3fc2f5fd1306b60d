import { generateKeyPairSync } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { DestinationRecord, TrustRecord } from '@countersign/core';
import { CountersignModule } from '@countersign/nestjs';
import { decisionFeed, developmentParts, type ServiceConfig, type TrustView } from '@countersign/service-kit';

const issuer = 'https://login.example/v2.0';
const keys = { jwksUri: 'https://login.example/keys' };
const login: TrustRecord = { name: 'login', issuer, keys, algorithms: ['ES256'] };

/** What a service that trusts these issuers says that it trusts. */
async function described(...trust: readonly TrustRecord[]): Promise<TrustView['trust']> {
  return (await describedService(trust, [])).trust;
}

/** Starts a service with these records, and asks it over HTTP whom it trusts and calls. */
async function describedService(
  trust: readonly TrustRecord[],
  destinations: readonly DestinationRecord[],
): Promise<TrustView> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const service = 'https://order.service/';
  const config: ServiceConfig = {
    port: 0,
    host: '127.0.0.1',
    serviceUrl: service,
    trust,
    destinations,
    keys: { directory: '' },
    database: { kind: 'embedded', directory: '' },
    logFormat: 'json',
    hasDevelopmentPage: true,
  };
  const ownKeys = { privateKeys: [privateKey.export({ format: 'jwk' })] };
  const root = {
    module: class RootModule {},
    imports: [CountersignModule.forRoot({ service, keys: ownKeys, trust, destinations, hydrate: false })],
    ...developmentParts('order', config, decisionFeed('order', undefined)),
  };
  const application: INestApplication = await NestFactory.create(root, {
    logger: false,
    abortOnError: false,
  });
  try {
    await application.listen(0, '127.0.0.1');
    const answer = await fetch(`${await application.getUrl()}/development/trust`);
    return (await answer.json()) as TrustView;
  } finally {
    await application.close();
  }
}

describe('What a service says of those it trusts', () => {
  it('has the defaults of a service: its own token type, no scopes, nobody but itself', async () => {
    expect(await described({ name: 'login', issuer, keys })).toEqual([
      { name: 'login', issuer, tokenType: 'svc+jwt', scopes: [], actsFor: 'nobody' },
    ]);
  });

  it('names the types by which a known provider calls its tokens', async () => {
    expect(await described({ ...login, claims: 'entra' })).toMatchObject([{ tokenType: 'jwt' }]);
    expect(await described({ ...login, claims: 'keycloak' })).toMatchObject([{ tokenType: 'jwt or at+jwt' }]);
    expect(await described({ ...login, claims: 'okta' })).toMatchObject([{ tokenType: 'no type or jwt' }]);
  });

  it('says that an issuer which is asked about opaque tokens issues access tokens', async () => {
    const endpoint = 'https://login.example/introspect';
    const introspection = { endpoint, clientId: 'order', clientAuthentication: 'private_key_jwt' } as const;
    expect(await described({ ...login, introspection })).toMatchObject([{ tokenType: 'at+jwt' }]);
  });

  it('says that an issuer other than a service names its own users, and how their URIs are made', async () => {
    const tokenType = 'at+jwt';
    const subject = 'https://census.service/user/{sub}/';
    expect(await described({ ...login, tokenType })).toMatchObject([{ actsFor: 'anySubject' }]);
    expect(await described({ ...login, tokenType, subject })).toMatchObject([{ actsFor: subject }]);
    expect(await described({ ...login, tokenType, actsFor: 'nobody' })).toMatchObject([
      { actsFor: 'nobody' },
    ]);
  });

  it('has the scopes and users that the record of a service gives it', async () => {
    const actsFor = ['https://census.service/user/'];
    expect(await described({ name: 'login', issuer, keys, scopes: ['user:read'], actsFor })).toMatchObject([
      { scopes: ['user:read'], actsFor },
    ]);
  });
});

describe('What a service says of those it calls', () => {
  it.each([
    { value: 'the-key-that-nobody-may-see' },
    { valueFile: '/run/secrets/the-key-that-nobody-may-see' },
  ])('names a static credential by its kind, and shows nothing of it', async (source) => {
    const maps = { name: 'maps', url: 'https://maps.example/', onBehalfOf: 'service' } as const;
    const authorize = { header: 'X-Api-Key', ...source };
    const view = await describedService([login], [{ ...maps, authorize }]);
    expect(view.destinations).toEqual([
      {
        name: 'maps',
        audience: 'https://maps.example/',
        authorize: 'staticCredential',
        onBehalfOf: 'service',
        scopes: [],
        delegationProof: false,
      },
    ]);
    expect(JSON.stringify(view)).not.toContain('nobody-may-see');
  });
});
