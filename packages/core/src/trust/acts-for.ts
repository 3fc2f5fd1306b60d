import { invalidOption, type OptionsReader } from '../options.js';

/**
 * Whose subjects an issuer may speak for: `anySubject` (an identity provider, which names its own; `allowedNames` keeps it from
 * others), `nobody` but itself, whoever it can prove to have been called by (`proven`), or those under URI prefixes.
 */
export type ActsFor = 'anySubject' | 'nobody' | 'proven' | readonly string[];

/** Reads the member `actsFor` of a trust record. */
export function readActsFor(record: OptionsReader, isService: boolean): ActsFor {
  const value = record.raw('actsFor');
  // An identity provider names its own subjects; one of our services names only those that it is trusted with.
  if (value === undefined) return isService ? 'nobody' : 'anySubject';
  if (value === 'nobody' || value === 'proven') return value;
  const prefixes = record.strings('actsFor');
  prefixes.forEach((prefix, index) => {
    if (!URL.canParse(prefix) || !prefix.endsWith('/') || new URL(prefix).href !== prefix) {
      throw invalidOption(
        `${record.at('actsFor')}[${String(index)}]`,
        'must be a normalised URI that ends in "/"',
      );
    }
  });
  if (prefixes.length === 0) {
    throw invalidOption(record.at('actsFor'), 'must be "nobody", "proven" or a list of URI prefixes');
  }
  return prefixes;
}

/** Whether the trust record itself names the subject; `proven` never does. */
export function namesSubject(actsFor: ActsFor, subject: string): boolean {
  if (actsFor === 'anySubject') return true;
  if (actsFor === 'nobody' || actsFor === 'proven') return false;
  const prefix = actsFor.find((each) => subject.startsWith(each) && subject.length > each.length);
  if (prefix === undefined) return false;
  // A subject that normalises to something else (`/user/../admin/`) names another record than the prefix promises.
  return (
    PLAIN_PATH.test(subject.slice(prefix.length)) ||
    (URL.canParse(subject) && new URL(subject).href === subject)
  );
}

/** Behind a prefix that ends in `/`, nothing in this is ever normalised, so it need not be parsed to be sure. */
const PLAIN_PATH = /^[A-Za-z0-9_-]+\/?$/;
