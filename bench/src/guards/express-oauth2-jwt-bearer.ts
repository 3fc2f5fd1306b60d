import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { auth, UnauthorizedError } from 'express-oauth2-jwt-bearer';
import { type NestGuard } from './guard.js';

/**
 * Its middleware before all routes, as its README shows it, with the key set's address in place of a discovery.
 * Express answers its errors by their status; Nest would answer 500, so a filter says what Express would.
 */
export const expressOauth2JwtBearer: NestGuard = {
  name: 'express-oauth2-jwt-bearer',
  title: 'express-oauth2-jwt-bearer',
  platforms: ['express'],
  package: 'express-oauth2-jwt-bearer',
  parts: ({ algorithm, issuer, audience, jwksUri }) => ({
    providers: [{ provide: APP_FILTER, useClass: UnauthorizedFilter }],
    prepare: (app) => void app.use(auth({ issuer, jwksUri, audience, tokenSigningAlg: algorithm })),
  }),
};

@Catch(UnauthorizedError)
class UnauthorizedFilter implements ExceptionFilter<UnauthorizedError> {
  catch(error: UnauthorizedError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Answer>();
    response.status(error.status).set(error.headers).end();
  }
}

/** What is used of an Express response. */
interface Answer {
  status(code: number): Answer;
  set(headers: object): Answer;
  end(): void;
}
