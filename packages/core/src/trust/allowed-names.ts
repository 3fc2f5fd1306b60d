import { namesSubject } from './acts-for.js';
import { foldedName } from './folded-name.js';
import { type ResolvedTrustRecord } from './trust-record.js';

/** Whom an issuer may name: what its own trust record says, and what those of others and this service keep from it. */
export interface AllowedNames {
  /** Whether it may speak for a subject without a proof. */
  subject(subject: string): boolean;
  /**
   * Whose name a client of it would bear, and what to do about it; undefined where it may bear the name. None may that of a
   * user or, unless `clients` lists it, of another issuer or of this service.
   * @param itself whether it is the subject too: nobody is this service itself, whatever `clients` lists.
   */
  borrowed(name: string, itself: boolean): string | undefined;
}

/**
 * Keeps issuers from borrowing names, in whatever spelling somebody might read for them. What lies under the name of this
 * service, under a prefix of some `actsFor`, or where some `subject` has its users, is named by those who are trusted with
 * it. An issuer that names subjects of its own, whichever they are, names none of those, and no other trusted issuer.
 * @param service undefined where nobody is called.
 * @returns for each record. What that costs does not grow with the number of records.
 */
export function allowedNames(
  records: readonly ResolvedTrustRecord[],
  service: string | undefined,
): (record: ResolvedTrustRecord) => AllowedNames {
  const roots = new Set(
    [
      ...(service === undefined ? [] : [service]),
      ...records.flatMap(({ actsFor }) => (typeof actsFor === 'string' ? [] : actsFor)),
      ...records.flatMap(({ subject }) => subject?.before ?? []),
    ].flatMap((root) => foldedName(root) ?? []),
  );
  const longest = [...roots].reduce((most, { length }) => Math.max(most, length), 0);
  const issuers = new Set(records.map(({ issuer }) => foldedName(issuer)));

  /** Whether it is one of the roots, or goes on behind one with another part, a query or a fragment; or climbs anywhere. */
  function isUsers(folded: string | undefined): boolean {
    if (folded === undefined) return true;
    for (let end = 1; end <= folded.length && end <= longest; end++) {
      const isWhole = end === folded.length || '/?#'.includes(folded.charAt(end));
      if (isWhole && roots.has(folded.slice(0, end))) return true;
    }
    return false;
  }

  return ({ actsFor, clients, issuer, subject: template }) => {
    const own = foldedName(issuer);
    const isAnothers = (folded: string | undefined): boolean => folded !== own && issuers.has(folded);
    return {
      subject(subject) {
        // Of users whose URI the trust record makes, it says itself who they are.
        if (actsFor !== 'anySubject' || template !== undefined) return namesSubject(actsFor, subject);
        const folded = foldedName(subject);
        return !isUsers(folded) && !isAnothers(folded);
      },
      borrowed(name, itself) {
        const isListed = clients?.has(name) === true;
        if (name === service) {
          if (itself) return 'the name of this service, and speaks for itself';
          if (isListed) return undefined;
          return `the name of this service (${service}); list it in clients if both are one registration`;
        }
        const folded = foldedName(name);
        if (isUsers(folded)) return 'a name that is kept for users, or lies under that of this service';
        if (isListed || !isAnothers(folded)) return undefined;
        return 'the name of another trusted issuer; list it in clients if it is that service';
      },
    };
  };
}
