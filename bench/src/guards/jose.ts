import { createRemoteJWKSet, jwtVerify } from 'jose';
import { bearerGuard } from './bearer-guard.js';
import { BOTH_PLATFORMS, type NestGuard } from './guard.js';

/** `jwtVerify` with a remote key set, as the documentation of `createRemoteJWKSet` shows it. */
export const joseInGuard: NestGuard = {
  name: 'jose',
  title: 'jose in a guard',
  platforms: BOTH_PLATFORMS,
  package: 'jose',
  parts({ issuer, audience, jwksUri }) {
    const keys = createRemoteJWKSet(new URL(jwksUri));
    const verify = async (token: string) => (await jwtVerify(token, keys, { issuer, audience })).payload;
    return { providers: [bearerGuard(verify)] };
  },
};
