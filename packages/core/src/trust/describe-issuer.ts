import { SERVICE_TOKEN_TYPE } from '../token.js';
import { type ActsFor } from './acts-for.js';
import { type ClaimPath, type ClaimProfile } from './claim-profile.js';
import { type SubjectUri } from './subject-uri.js';
import { type TrustedIssuer } from './trust-store.js';

/**
 * What one issuer is trusted for, with the defaults of its trust record filled in. Contains no key, no key URL and no secret.
 * It is frozen and can be serialised as JSON.
 */
export interface IssuerDescription {
  /** The `name` of its trust record. */
  readonly name: string;
  readonly issuer: string;
  /** The accepted types of token: lower case, without `application/`; null for a token without `typ`. */
  readonly tokenTypes: readonly (string | null)[];
  /** Empty where no token of the issuer is a JWT. */
  readonly algorithms: readonly string[];
  /** How its tokens name scopes, roles and clients. Absent for service tokens, whose claims are fixed. */
  readonly claims?: ClaimsDescription;
  /** The scopes that its tokens may grant. */
  readonly scopes: readonly string[];
  /** The roles that its tokens may grant. Absent: every role. */
  readonly roles?: readonly string[];
  /**
   * The users that it may act for: `nobody`; any user whose call it received and proves (`proven`); the users under URI
   * prefixes; or, for an identity provider, users of its own (`anySubject`).
   */
  readonly actsFor: ActsFor;
  /** How the URI of a user is made, such as `https://census.service/user/{sub}/`. Absent: `sub` is the user as it is. */
  readonly subject?: string;
  /** The name of this service in its tokens. Absent: the identifier of this service. */
  readonly audience?: string;
  /** The clients whose tokens are accepted. Absent: every client. */
  readonly clients?: readonly string[];
  /** Whether its tokens only prove the delegations of other services. */
  readonly proofOnly: boolean;
  /** Whether it is asked about tokens that are no JWT. */
  readonly introspection: boolean;
  readonly dpop: 'required' | 'accepted' | 'off';
  readonly bodyBinding: 'required' | 'off';
  readonly maxLifetimeSeconds: number;
}

/** How the tokens of an issuer name what a principal has. */
export type ClaimsDescription = Pick<ClaimProfile, 'scopes' | 'roles' | 'client' | 'optional'> & {
  /** Claims that must hold one of these texts. */
  readonly equal: Readonly<Record<string, readonly string[]>>;
};

/** Describes an issuer for people and for diagrams. Copies what it shows: nothing of the verifier can be changed by it. */
export function describeIssuer(issuer: TrustedIssuer): IssuerDescription {
  const { name, roles, subject, audience, clients, actsFor, tokenTypes } = issuer;
  return Object.freeze({
    name,
    issuer: issuer.issuer,
    tokenTypes: list(tokenTypes.map((type) => type ?? null)),
    algorithms: list(issuer.algorithms),
    ...(issuer.tokenType !== SERVICE_TOKEN_TYPE && { claims: describeClaims(issuer.claims) }),
    scopes: list(issuer.scopes),
    ...(roles !== undefined && { roles: list(roles) }),
    actsFor: typeof actsFor === 'string' ? actsFor : list(actsFor),
    ...(subject !== undefined && { subject: templateOf(subject) }),
    ...(audience !== undefined && { audience }),
    ...(clients !== undefined && { clients: list(clients) }),
    proofOnly: issuer.proofOnly,
    introspection: issuer.introspection !== undefined,
    dpop: issuer.dpop,
    bodyBinding: issuer.bodyBinding,
    maxLifetimeSeconds: issuer.maxLifetimeSeconds,
  });
}

function describeClaims({ scopes, roles, client, optional, equal }: ClaimProfile): ClaimsDescription {
  const texts = [...equal].map(([name, expected]) => [name, list(expected)] as const);
  return Object.freeze({
    scopes: paths(scopes),
    roles: paths(roles),
    client: list(client),
    optional: list(optional),
    equal: Object.freeze(Object.fromEntries(texts)),
  });
}

function templateOf({ before, claim, after }: SubjectUri): string {
  return `${before}{${claim}}${after}`;
}

function paths(given: readonly ClaimPath[]): readonly ClaimPath[] {
  return list(given.map(list));
}

function list<Each>(given: Iterable<Each>): readonly Each[] {
  return Object.freeze([...given]);
}
