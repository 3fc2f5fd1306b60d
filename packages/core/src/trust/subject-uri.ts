import { invalidOption, type OptionsReader } from '../options.js';
import { foldedName } from './folded-name.js';

/** How the URI of a user is made from a claim of a provider's token. */
export interface SubjectUri {
  /** The claim that names the user. */
  readonly claim: string;
  readonly before: string;
  readonly after: string;
}

/** A user's identifier is short (OpenID Connect Core section 2 allows 255 characters of a `sub`). */
const MAX_IDENTIFIER_LENGTH = 255;

const TEMPLATE = /^([^{}]+\/)\{([^{}]+)\}((?:\/[^{}?#]*)?)$/;

/** Reads the member `subject` of a trust record: a URI with the name of a claim in braces. */
export function readSubjectUri(record: OptionsReader): SubjectUri | undefined {
  if (!record.has('subject')) return undefined;
  const [, before = '', claim = '', after = ''] = TEMPLATE.exec(record.string('subject')) ?? [];
  const example = `${before}x${after}`;
  if (
    before === '' ||
    !URL.canParse(before) ||
    new URL(before).href !== before ||
    new URL(example).href !== example
  ) {
    throw invalidOption(
      record.at('subject'),
      'must be a normalised URI with a claim as one part of its path, such as "https://census.service/user/{sub}/"',
    );
  }
  return { claim, before, after };
}

/** The URI of a user; undefined when the identifier cannot stand in one. */
export function subjectUri({ before, after }: SubjectUri, identifier: unknown): string | undefined {
  if (typeof identifier !== 'string' || identifier === '' || identifier.length > MAX_IDENTIFIER_LENGTH)
    return undefined;
  // Two of these would be resolved away, and name another record. Half a surrogate pair has no encoding.
  if (identifier === '.' || identifier === '..' || /\p{Surrogate}/u.test(identifier)) return undefined;
  return before + encodeURIComponent(identifier) + after;
}

/** The parts of the URIs that a record makes, in one spelling; undefined for the identifier of a user. */
export type UriParts = readonly (string | undefined)[];

export function uriParts({ before, after }: SubjectUri): UriParts {
  const [front = [], back = []] = [before, after].map((text) => foldedName(text)?.split('/') ?? []);
  return [...front, undefined, ...back.filter((part) => part !== '')];
}

/** Whether two records may make one URI, or two that somebody may take for one. */
export function overlap(parts: UriParts, others: UriParts): boolean {
  if (parts.length !== others.length) return false;
  return parts.every((part, index) => {
    const other = others[index];
    return part === undefined || other === undefined || part === other;
  });
}
