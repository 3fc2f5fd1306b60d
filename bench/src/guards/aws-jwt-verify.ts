import { JwtVerifier } from 'aws-jwt-verify';
import { bearerGuard } from './bearer-guard.js';
import { BOTH_PLATFORMS, type NestGuard } from './guard.js';

/**
 * `JwtVerifier`, as its README shows it for identity providers of all kinds. It fetches by HTTPS only, so the key set is
 * loaded beforehand, as the README shows under "Loading the JWKS from file".
 */
export const awsJwtVerify: NestGuard = {
  name: 'aws-jwt-verify',
  title: 'aws-jwt-verify',
  platforms: BOTH_PLATFORMS,
  package: 'aws-jwt-verify',
  async parts({ issuer, audience, jwksUri }) {
    const verifier = JwtVerifier.create({ issuer, audience, jwksUri });
    const answer = await fetch(jwksUri);
    verifier.cacheJwks((await answer.json()) as Parameters<typeof verifier.cacheJwks>[0]);
    return { providers: [bearerGuard((token) => verifier.verify(token))] };
  },
};
