import { type RequestHandler } from 'express';
import passport from 'passport';
import { passportJwtSecret } from 'jwks-rsa';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { type BareGuard } from '../guards/guard.js';
import { onExpress } from './express-application.js';
import { hasRequiredScope } from './required-scope.js';

/** passport-jwt with the secret provider of jwks-rsa, as their READMEs show them. The handler looks at the scopes. */
export const passportJwt: BareGuard = onExpress({
  name: 'passport-jwt',
  title: 'passport-jwt + jwks-rsa',
  package: 'passport-jwt',
  build(app, hello, { algorithm, issuer, audience, jwksUri }) {
    const strategy = new Strategy(
      {
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
      },
      (claims: object, done) => {
        done(null, claims);
      },
    );
    passport.use(strategy);
    // Its types say `any`.
    const authenticate = passport.authenticate('jwt', { session: false }) as RequestHandler;
    app.get('/', authenticate, (request, response, next) => {
      if (hasRequiredScope(request.user)) hello(request, response, next);
      else response.sendStatus(403);
    });
  },
});
