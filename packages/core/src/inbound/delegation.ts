import { CountersignError } from '../errors.js';
import { type TrustedIssuer } from '../keys/trust-store.js';
import { claim, type ValidatedToken } from '../token.js';

/** A longer chain of actors than this is refused. */
const MAX_ACTORS = 3;

/**
 * Checks that the caller may speak for the subject, and reads the chain of actors (RFC 8693 section 4.1).
 * Actors behind the first are what the caller says; nothing checks them.
 * @returns who acts, newest first; the first is the issuer of the token.
 * @throws CountersignError `delegation_not_allowed`, `actor_chain_too_deep`, `claim_invalid`.
 */
export function checkDelegation(token: ValidatedToken, issuer: TrustedIssuer): readonly string[] {
  const actors = readActors(claim(token.claims, 'act'), token.issuer);
  if (token.subject !== undefined && token.subject !== token.issuer && !maySpeakFor(token.subject, issuer)) {
    throw new CountersignError(
      'delegation_not_allowed',
      `the trust record of ${issuer.name} does not let it act for the subject`,
    );
  }
  if (actors.length > MAX_ACTORS) {
    throw new CountersignError('actor_chain_too_deep', `act may name ${String(MAX_ACTORS)} actors at most`);
  }
  return actors;
}

function maySpeakFor(subject: string, issuer: TrustedIssuer): boolean {
  const { actsFor } = issuer;
  if (actsFor === 'anySubject') return true;
  if (actsFor === 'nobody') return false;
  // A subject that normalises to something else (`/user/../admin/`) names another record than the prefix promises.
  if (!URL.canParse(subject) || new URL(subject).href !== subject) return false;
  return actsFor.some((prefix) => subject.startsWith(prefix) && subject.length > prefix.length);
}

/** The depth of a claim set is bounded where it is parsed, so this loop is too. */
function readActors(act: unknown, issuer: string): readonly string[] {
  const actors: string[] = [];
  for (let link = act; link !== undefined; link = memberOf(link, 'act')) {
    const actor = memberOf(link, 'sub');
    if (typeof actor !== 'string' || actor === '') throw invalid('each act must be an object with a sub');
    if (actors.includes(actor)) throw invalid('the chain of actors runs in a circle');
    actors.push(actor);
  }
  if (actors.length > 0 && actors[0] !== issuer) throw invalid('act.sub must be the issuer of the token');
  return actors.length > 0 ? actors : [issuer];
}

function memberOf(link: unknown, name: string): unknown {
  if (typeof link !== 'object' || link === null || Array.isArray(link)) return null;
  return claim(Object.fromEntries(Object.entries(link)), name);
}

function invalid(problem: string): CountersignError {
  return new CountersignError('claim_invalid', problem);
}
