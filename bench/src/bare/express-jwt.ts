import { expressjwt, type GetVerificationKey, type Request } from 'express-jwt';
import { expressJwtSecret } from 'jwks-rsa';
import { type ErrorRequestHandler, type Response } from 'express';
import { type BareGuard } from '../guards/guard.js';
import { onExpress } from './express-application.js';
import { hasRequiredScope } from './required-scope.js';

/**
 * express-jwt with the secret provider of jwks-rsa, as their READMEs show them together. Neither knows scopes: the handler
 * looks at the claims, as express-jwt's README does, and an error handler answers as that README shows.
 */
export const expressJwt: BareGuard = onExpress({
  name: 'express-jwt',
  title: 'express-jwt + jwks-rsa',
  package: 'express-jwt',
  build(app, hello, { algorithm, issuer, audience, jwksUri }) {
    const secret = expressJwtSecret({
      cache: true,
      rateLimit: true,
      jwksRequestsPerMinute: 5,
      jwksUri,
    }) as GetVerificationKey;
    app.get(
      '/',
      expressjwt({ secret, audience, issuer, algorithms: [algorithm] }),
      (request: Request, response: Response, next) => {
        if (hasRequiredScope(request.auth)) hello(request, response, next);
        else response.sendStatus(403);
      },
    );
    app.use(answerUnauthorized);
  },
});

const answerUnauthorized: ErrorRequestHandler = (error: Error, _request, response, next) => {
  if (error.name === 'UnauthorizedError') response.status(401).send('invalid token...');
  else next(error);
};
