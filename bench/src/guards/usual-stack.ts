import { Injectable, type Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { passportJwtSecret } from 'jwks-rsa';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { BOTH_PLATFORMS, type NestGuard, type GuardSetup } from './guard.js';

/** passport-jwt with the secret provider of jwks-rsa, as Nest's passport recipe and jwks-rsa's passport example show them. */
export const usualStack: NestGuard = {
  name: 'usual-stack',
  title: 'passport-jwt + jwks-rsa',
  platforms: BOTH_PLATFORMS,
  package: 'passport-jwt',
  parts: (setup) => ({ providers: providers(setup) }),
};

function providers({ algorithm, issuer, audience, jwksUri }: GuardSetup): readonly Provider[] {
  @Injectable()
  class JwtStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({
        secretOrKeyProvider: passportJwtSecret({
          cache: true,
          rateLimit: true,
          jwksRequestsPerMinute: 5,
          jwksUri,
        }),
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        audience,
        issuer,
        algorithms: [algorithm],
      });
    }

    validate(payload: unknown): unknown {
      return payload;
    }
  }

  @Injectable()
  class JwtAuthGuard extends AuthGuard('jwt') {}

  return [JwtStrategy, { provide: APP_GUARD, useClass: JwtAuthGuard }];
}
