import { invalidOption } from '../options.js';
import { addressOf } from './jwks-uri-owners.js';
import { overlap, uriParts } from './subject-uri.js';
import { type ResolvedTrustRecord } from './trust-record.js';

/**
 * Refuses trust records that each can be, and that together would let one issuer pass for another.
 * Does not look at the keys themselves: `keyOwners` does.
 * @throws TypeError naming the later of two records.
 */
export function refuseConflicts(records: readonly ResolvedTrustRecord[]): void {
  refuseSharing(records);
  refuseSecondIntrospection(records);
  refuseSharedSubjects(records);
}

/** One name, one issuer, one key set for each record. */
function refuseSharing(records: readonly ResolvedTrustRecord[]): void {
  const seen = new Map<string, number>();
  records.forEach(({ name, issuer, keys }, index) => {
    const jwksUri = keys !== undefined && 'jwksUri' in keys ? addressOf(keys.jwksUri) : undefined;
    for (const [member, identity] of Object.entries({ name, issuer, keys: jwksUri })) {
      if (identity === undefined) continue;
      const earlier = seen.get(`${member} ${identity}`);
      if (earlier !== undefined)
        throw invalidOption(at(index, member), `is already used by trust[${String(earlier)}]`);
      seen.set(`${member} ${identity}`, index);
    }
  });
}

/** An opaque token does not say whose it is. */
function refuseSecondIntrospection(records: readonly ResolvedTrustRecord[]): void {
  const asked = records.flatMap(({ introspection }, index) => (introspection === undefined ? [] : [index]));
  const [first, second] = asked;
  if (second === undefined) return;
  throw invalidOption(
    at(second, 'introspection'),
    `is already used by trust[${String(first)}]; an opaque token does not say who issued it`,
  );
}

/** Two issuers may call different people by one identifier: one URI for both must be meant. */
function refuseSharedSubjects(records: readonly ResolvedTrustRecord[]): void {
  const withSubject = records.flatMap(({ name, sharesSubjectsWith, subject }, index) =>
    subject === undefined ? [] : [{ name, sharesSubjectsWith, parts: uriParts(subject), index }],
  );
  const names = new Set(withSubject.map(({ name }) => name));
  withSubject.forEach(({ index, name, parts, sharesSubjectsWith }, position) => {
    const unknown = sharesSubjectsWith.find((other) => other === name || !names.has(other));
    if (unknown !== undefined)
      throw invalidOption(
        at(index, 'sharesSubjectsWith'),
        `names ${unknown}: no other record of that name has a subject`,
      );
    for (const earlier of withSubject.slice(0, position)) {
      const isMeant = sharesSubjectsWith.includes(earlier.name) || earlier.sharesSubjectsWith.includes(name);
      if (isMeant || !overlap(earlier.parts, parts)) continue;
      const problem = `makes the URIs that ${earlier.name}'s makes, whose users may be others`;
      const mend = `if one identifier is one user at both, say sharesSubjectsWith: ["${earlier.name}"]`;
      throw invalidOption(at(index, 'subject'), `${problem}; ${mend}`);
    }
  });
}

function at(index: number, member: string): string {
  return `trust[${String(index)}].${member}`;
}
