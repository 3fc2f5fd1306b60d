import { frozenSet } from '../lib/frozen-set.js';
import { invalidOption, type OptionsReader } from '../options.js';
import {
  readClaimProfile,
  readPreset,
  type ClaimNames,
  type ClaimPreset,
  type ClaimProfile,
  type Preset,
} from './claim-profile.js';
import {
  readIntrospection,
  type IntrospectionRecord,
  type ResolvedIntrospection,
} from './introspection-record.js';
import { readSubjectUri, type SubjectUri } from './subject-uri.js';

/** The members of a trust record that are for issuers other than our own services. */
export interface ThirdPartyMembers {
  /** How its tokens name the client, the scopes and the roles: a provider's name, or the names of claims. Default RFC 9068. */
  readonly claims?: ClaimPreset | ClaimNames;
  /** How it names this service in `aud`. Default: the identifier of this service. */
  readonly audience?: string;
  /** The clients whose tokens are accepted. Default: every client that the issuer gives a token for this service. */
  readonly clients?: readonly string[];
  /** The URI of a user, with a claim in braces: `"https://census.service/user/{sub}/"`. Default: `sub` as it is. */
  readonly subject?: string;
  /**
   * The names of other records whose `subject` makes the same URIs: then one identifier is one user, whichever of the issuers
   * names it. Default: such records keep the service from starting.
   */
  readonly sharesSubjectsWith?: readonly string[];
  /** Asks the issuer about tokens that are no JWT. Default: they are refused. At most one trust record may have it. */
  readonly introspection?: IntrospectionRecord;
}

/** The same with defaults filled in. */
export interface ThirdParty {
  readonly claims: ClaimProfile;
  /** The types of token that are accepted: lower case, without `application/`; undefined for a token without `typ`. */
  readonly tokenTypes: readonly (string | undefined)[];
  readonly audience: string | undefined;
  readonly clients: ReadonlySet<string> | undefined;
  readonly subject: SubjectUri | undefined;
  readonly sharesSubjectsWith: readonly string[];
  readonly introspection: ResolvedIntrospection | undefined;
}

export const THIRD_PARTY_MEMBERS = [
  'claims', 'audience', 'clients', 'subject', 'sharesSubjectsWith', 'introspection',
] as const; // prettier-ignore

/** The preset of a record; undefined where its claims have none. */
export function presetOf(record: OptionsReader): Preset | undefined {
  return readPreset(record.raw('claims'), record.at('claims'));
}

/**
 * @param given the record's own `tokenType`, normalised; undefined where the preset says it.
 * @throws TypeError naming the member.
 */
export function readThirdParty(
  record: OptionsReader,
  given: string | undefined,
  isService: boolean,
  allowInsecureHttp: boolean,
): ThirdParty {
  if (isService) refuseAll(record);
  const preset = presetOf(record);
  const tokenTypes = given === undefined ? (preset?.tokenTypes ?? []) : [given];
  const mustNameClient = tokenTypes.includes('at+jwt');
  const claims = readClaimProfile(record.raw('claims'), record.at('claims'), { preset, mustNameClient });
  const clients = record.has('clients') ? record.strings('clients') : undefined;
  if (clients?.length === 0) throw invalidOption(record.at('clients'), 'must name at least one client');
  if (claims.optional.includes('aud') && clients === undefined)
    throw invalidOption(record.at('clients'), 'must name the clients, because the tokens may leave out aud');
  if (clients !== undefined && claims.optional.includes('client_id'))
    throw invalidOption(
      record.at('clients'),
      'needs tokens that name their client: claims.client says where',
    );
  // Tokens of version 1 have another issuer, and name neither client nor version as these do.
  if (claims.equal.get('ver')?.includes('2.0') === true && !record.string('issuer').endsWith('/v2.0'))
    throw invalidOption(record.at('issuer'), 'must be that of version 2.0, which ends in /v2.0');
  if (record.has('sharesSubjectsWith') && !record.has('subject'))
    throw invalidOption(record.at('sharesSubjectsWith'), 'is for a record that has a subject');
  return {
    claims,
    tokenTypes,
    audience: record.has('audience') ? record.string('audience') : undefined,
    clients: clients && frozenSet(clients),
    subject: readSubjectUri(record),
    sharesSubjectsWith: record.strings('sharesSubjectsWith', []),
    introspection: readIntrospection(
      record.raw('introspection'),
      record.at('introspection'),
      allowInsecureHttp,
    ),
  };
}

function refuseAll(record: OptionsReader): void {
  for (const member of THIRD_PARTY_MEMBERS) {
    if (record.has(member))
      throw invalidOption(record.at(member), 'is not for svc+jwt: its claims are fixed');
  }
}
