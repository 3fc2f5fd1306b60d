import { CountersignError } from '../errors.js';
import { claim, type Claims, type EligibleActor, type ValidatedToken } from '../token.js';

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
  for (let link = claim(token.claims, 'act'); link !== undefined; link = actorMember(link, 'act')) {
    const actor = actorMember(link, 'sub');
    if (typeof actor !== 'string' || actor === '') throw invalid('each act must be an object with a sub');
    if (actors.includes(actor)) throw invalid('the chain of actors runs in a circle');
    actors.push(actor);
  }
  if (!token.isServiceToken) return actors;
  if (actors.length > 0 && actors[0] !== token.issuer)
    throw invalid('act.sub must be the issuer of the token');
  return actors.length > 0 ? actors : [token.issuer];
}

/**
 * Reads who may act for the subject (RFC 8693 section 4.4): the issuer of the token says who may be its next actor, and
 * nothing of whoever presents it. Members other than `sub` and `iss` are not read. What it returns cannot be changed.
 * @throws CountersignError `claim_invalid`.
 */
export function readMayAct(claims: Claims): EligibleActor | undefined {
  const mayAct = claim(claims, 'may_act');
  if (mayAct === undefined) return undefined;
  const subject = actorMember(mayAct, 'sub');
  const issuer = actorMember(mayAct, 'iss');
  if (typeof subject !== 'string' || subject === '') throw invalid('may_act must be an object with a sub');
  if (issuer !== undefined && typeof issuer !== 'string') throw invalid('may_act.iss must be a string');
  return Object.freeze({ issuer, subject });
}

function actorMember(link: unknown, name: string): unknown {
  if (typeof link !== 'object' || link === null || Array.isArray(link)) return null;
  return Object.hasOwn(link, name) ? Reflect.get(link, name) : undefined;
}

function invalid(problem: string): CountersignError {
  return new CountersignError('claim_invalid', problem);
}
