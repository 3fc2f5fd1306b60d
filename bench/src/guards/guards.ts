import { countersignExpress } from '../bare/countersign-express.js';
import { countersignFastify } from '../bare/countersign-fastify.js';
import { unguardedExpress } from '../bare/express-application.js';
import { expressJwt } from '../bare/express-jwt.js';
import { unguardedFastify } from '../bare/fastify-application.js';
import { fastifyJwtCached, fastifyJwtGuard } from '../bare/fastify-jwt.js';
import { oauth2JwtBearer } from '../bare/oauth2-jwt-bearer.js';
import { passportJwt } from '../bare/passport-jwt.js';
import { awsJwtVerify } from './aws-jwt-verify.js';
import { countersign, countersignRecorded, countersignScoped } from './countersign.js';
import { expressOauth2JwtBearer } from './express-oauth2-jwt-bearer.js';
import { fastJwt, fastJwtCached } from './fast-jwt.js';
import { type Guard, type Platform } from './guard.js';
import { joseInGuard } from './jose.js';
import { unguarded } from './unguarded.js';
import { usualStack } from './usual-stack.js';

/** In the order of the rounds and of the tables. */
export const GUARDS: readonly Guard[] = [
  unguarded,
  countersign,
  countersignScoped,
  countersignRecorded,
  usualStack,
  joseInGuard,
  fastJwt,
  fastJwtCached,
  expressOauth2JwtBearer,
  awsJwtVerify,
  unguardedExpress,
  countersignExpress,
  passportJwt,
  expressJwt,
  oauth2JwtBearer,
  unguardedFastify,
  countersignFastify,
  fastifyJwtGuard,
  fastifyJwtCached,
];

/** In the order of the rounds and of the tables. */
export function guardsOf(platform: Platform): readonly Guard[] {
  return GUARDS.filter(({ platforms }) => (platforms as readonly Platform[]).includes(platform));
}

/** @throws RangeError for a name that no guard of the platform has. */
export function guardNamed(platform: Platform, name: string): Guard {
  const guard = guardsOf(platform).find((candidate) => candidate.name === name);
  if (guard === undefined) throw new RangeError(`no guard on ${platform} is named ${name}`);
  return guard;
}
