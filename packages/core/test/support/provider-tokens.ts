import { type Claims } from '../../src/token.js';
import { type TrustRecord } from '../../src/trust/trust-record.js';
import { NOW, trustedKey } from './forge.js';
import { type Setting } from './scene.js';

/**
 * Access tokens in the shapes that the providers' public documentation shows, with identifiers made up here. Each stands
 * with the trust record that docs/third-party-issuers.md gives for it.
 */
export interface ProviderToken {
  readonly trust: Partial<TrustRecord> & Pick<TrustRecord, 'issuer'>;
  readonly header: Claims;
  readonly claims: Claims;
}

/** Laid over every token: a member of `acceptedClaims` that the provider does not send is left out. */
const NOTHING = { sub: undefined, jti: undefined, scope: undefined, aud: undefined };

export const RFC9068: ProviderToken = {
  trust: { issuer: 'https://login.example/', claims: 'rfc9068' },
  header: { typ: 'at+jwt' },
  claims: {
    iss: 'https://login.example/',
    sub: '5ba552d67',
    aud: 'https://census.service/',
    exp: NOW + 600,
    iat: NOW,
    jti: 'dbe39bf3a3ba4238a513f51d6e1691c4',
    client_id: 's6BhdRkqt3',
    scope: 'openid profile user:read',
    roles: ['support'],
  },
};

export const KEYCLOAK: ProviderToken = {
  trust: {
    issuer: 'https://login.example/realms/shop',
    claims: { preset: 'keycloak', rolesOfClient: 'census' },
    audience: 'census',
    subject: 'https://census.service/user/{sub}/',
  },
  header: { typ: 'JWT' },
  claims: {
    exp: NOW + 300,
    iat: NOW,
    auth_time: NOW - 60,
    jti: 'onrtac:9b2f0d0e-6a4b-4b5e-8a44-0c8f6f0a7c11',
    iss: 'https://login.example/realms/shop',
    aud: ['census', 'account'],
    sub: '36fa0f91-f94d-4a0c-afed-6b7d952e47da',
    typ: 'Bearer',
    azp: 'storefront',
    sid: '2a88c258-f73a-4103-b862-e1fbd8f4e04e',
    acr: '1',
    'allowed-origins': ['https://shop.example'],
    realm_access: { roles: ['offline_access', 'support', 'uma_authorization'] },
    resource_access: { census: { roles: ['auditor'] }, account: { roles: ['manage-account'] } },
    scope: 'openid user:read profile',
    email_verified: true,
    preferred_username: 'alice',
  },
};

export const AUTH0: ProviderToken = {
  trust: { issuer: 'https://shop.eu.auth0.example/', claims: 'auth0', maxLifetimeSeconds: 86_400 },
  header: { typ: 'JWT' },
  claims: {
    iss: 'https://shop.eu.auth0.example/',
    sub: 'auth0|6553da60a54af58e29493993',
    aud: ['https://census.service/', 'https://shop.eu.auth0.example/userinfo'],
    azp: 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja',
    exp: NOW + 86_400,
    iat: NOW,
    scope: 'openid profile user:read',
    permissions: ['support'],
    jti: undefined,
  },
};

const TENANT = 'https://login.microsoftonline.com/7d4c9e0a-3a0b-4e6a-9f43-1d2f6c5b8a90';

export const ENTRA: ProviderToken = {
  trust: {
    issuer: `${TENANT}/v2.0`,
    claims: 'entra',
    audience: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
    subject: 'https://census.service/user/{oid}/',
  },
  header: { typ: 'JWT' },
  claims: {
    ...NOTHING,
    aud: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
    iss: `${TENANT}/v2.0`,
    iat: NOW - 300,
    nbf: NOW - 300,
    exp: NOW + 5300,
    aio: 'AXQAi/8TAAAA',
    azp: '2c1f0f7a-7d0f-4cf4-b1a2-1f3f6a4f9b10',
    azpacr: '0',
    name: 'Alice',
    oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
    preferred_username: 'alice@shop.example',
    rh: '0.AXQA',
    roles: ['support'],
    scp: 'user:read profile',
    sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
    tid: '7d4c9e0a-3a0b-4e6a-9f43-1d2f6c5b8a90',
    uti: 'fqiBqXLPj0eQa82S-IYFAA',
    ver: '2.0',
  },
};

const POOL = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE';

export const COGNITO: ProviderToken = {
  trust: { issuer: POOL, claims: 'cognito', clients: ['6sd0c5example7kf2'], scopes: ['census/user:read'] },
  header: { typ: undefined },
  claims: {
    ...NOTHING,
    sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    device_key: 'eu-central-1_aaaaaaaa',
    'cognito:groups': ['support'],
    iss: POOL,
    version: 2,
    client_id: '6sd0c5example7kf2',
    origin_jti: 'aaaaaaaa-0000-cccc-dddd-eeeeeeeeeeee',
    event_id: 'aaaaaaaa-1111-cccc-dddd-eeeeeeeeeeee',
    token_use: 'access',
    scope: 'aws.cognito.signin.user.admin census/user:read',
    auth_time: NOW,
    exp: NOW + 3600,
    iat: NOW,
    jti: 'aaaaaaaa-2222-cccc-dddd-eeeeeeeeeeee',
    username: 'alice',
  },
};

export const OKTA: ProviderToken = {
  trust: {
    issuer: 'https://shop.okta.example/oauth2/default',
    claims: 'okta',
    audience: 'api://default',
    subject: 'https://census.service/user/{uid}/',
  },
  header: { typ: undefined },
  claims: {
    ...NOTHING,
    ver: 1,
    jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
    iss: 'https://shop.okta.example/oauth2/default',
    aud: 'api://default',
    sub: 'alice@shop.example',
    iat: NOW,
    exp: NOW + 3600,
    cid: '0oabv6kx4qq6h1U5l0h7',
    uid: '00ujmkLgagxeRrAg20g3',
    scp: ['openid', 'user:read'],
    auth_time: NOW - 10,
    groups: ['support'],
  },
};

/** A service that trusts the provider, and the token that it accepts. */
export function settingFor({ trust, header, claims }: ProviderToken): Setting {
  return {
    key: trustedKey('RS256'),
    trust: { name: 'idp', ...trust },
    token: { header, claims },
  };
}
