import { CountersignError } from '../errors.js';
import { claim, type ValidatedToken } from '../token.js';

/**
 * Reads the chain of actors (RFC 8693 section 4.1). A service that mints a token acts, so it is the first of them. Another
 * issuer does not act: it says who does, and nobody does when the user called with its token.
 * Actors behind the first are what the caller says: only a delegation proof checks them.
 * @returns who acts, newest first.
 * @throws CountersignError `claim_invalid`.
 */
export function readActors(token: ValidatedToken): readonly string[] {
  const actors: string[] = [];
  // The depth of a claim set is bounded where it is parsed, so this loop is too.
  for (let link = claim(token.claims, 'act'); link !== undefined; link = memberOf(link, 'act')) {
    const actor = memberOf(link, 'sub');
    if (typeof actor !== 'string' || actor === '') throw invalid('each act must be an object with a sub');
    if (actors.includes(actor)) throw invalid('the chain of actors runs in a circle');
    actors.push(actor);
  }
  if (!token.isServiceToken) return actors;
  if (actors.length > 0 && actors[0] !== token.issuer)
    throw invalid('act.sub must be the issuer of the token');
  return actors.length > 0 ? actors : [token.issuer];
}

function memberOf(link: unknown, name: string): unknown {
  if (typeof link !== 'object' || link === null || Array.isArray(link)) return null;
  return Object.hasOwn(link, name) ? Reflect.get(link, name) : undefined;
}

function invalid(problem: string): CountersignError {
  return new CountersignError('claim_invalid', problem);
}
