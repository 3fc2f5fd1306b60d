import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';
import { type BareGuard } from '../guards/guard.js';
import { onExpress } from './express-application.js';
import { REQUIRED_SCOPE } from './required-scope.js';

/** Its middleware before all routes and on the route, as its README shows them, with the key set's address in place of a discovery. */
export const oauth2JwtBearer: BareGuard = onExpress({
  name: 'express-oauth2-jwt-bearer',
  title: 'express-oauth2-jwt-bearer',
  package: 'express-oauth2-jwt-bearer',
  build(app, hello, { algorithm, issuer, audience, jwksUri }) {
    app.use(auth({ issuer, jwksUri, audience, tokenSigningAlg: algorithm }));
    app.get('/', requiredScopes(REQUIRED_SCOPE), hello);
  },
});
