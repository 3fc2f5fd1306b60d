import { awsJwtVerify } from './aws-jwt-verify.js';
import { countersign, countersignRecorded, countersignScoped } from './countersign.js';
import { expressOauth2JwtBearer } from './express-oauth2-jwt-bearer.js';
import { fastJwt, fastJwtCached } from './fast-jwt.js';
import { type Guard } from './guard.js';
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
];

/** @throws RangeError for a name that no guard has. */
export function guardNamed(name: string): Guard {
  const guard = GUARDS.find((candidate) => candidate.name === name);
  if (guard === undefined) throw new RangeError(`no guard is named ${name}`);
  return guard;
}
