import type { IssuerDescription, Verifier } from '@countersign/core';
import { type RouteDescription, RouteDescriptions } from '@countersign/nestjs';
import type { ServiceConfig } from '../service-config.js';

/** What a service trusts and calls, in the words of its records; no keys, no secrets. */
export interface TrustView {
  readonly name: string;
  /** Its identifier: the `iss` and `aud` of tokens. */
  readonly service: string;
  readonly trust: readonly TrustedCaller[];
  readonly destinations: readonly CalledService[];
  readonly routes: readonly RouteDescription[];
}

/** Whose tokens it takes, with which scopes at most, and for whom. */
export interface TrustedCaller {
  readonly name: string;
  readonly issuer: string;
  /** The `typ` of its tokens; several, joined by "or", for a provider that calls them differently. */
  readonly tokenType: string;
  readonly scopes: readonly string[];
  /**
   * URI prefixes of users, `proven`, or `nobody`; for an issuer that names its own users the template of their URI, or
   * `anySubject`.
   */
  readonly actsFor: string | readonly string[];
}

/** Whom it calls, with which scopes at most, and for whom. */
export interface CalledService {
  readonly name: string;
  readonly audience: string;
  readonly authorize: string;
  readonly onBehalfOf: string;
  readonly scopes: readonly string[];
  readonly delegationProof: boolean;
}

/** Describes one service from the records and decorators that it runs with. */
export class TrustDescription {
  constructor(
    private readonly name: string,
    private readonly config: Pick<ServiceConfig, 'serviceUrl' | 'destinations'>,
    private readonly verifier: Pick<Verifier, 'describeTrust'>,
    private readonly routes: RouteDescriptions,
  ) {}

  view(): TrustView {
    const { serviceUrl, destinations } = this.config;
    return {
      name: this.name,
      service: serviceUrl,
      trust: this.verifier.describeTrust().map(toTrustedCaller),
      destinations: destinations.map((each) => ({
        name: each.name,
        audience: each.audience ?? each.url,
        authorize: typeof each.authorize === 'string' ? each.authorize : 'staticCredential',
        onBehalfOf: each.onBehalfOf,
        scopes: each.scopes ?? [],
        delegationProof: each.delegationProof ?? false,
      })),
      routes: this.routes.list().filter(({ path }) => !path.startsWith('/development/')),
    };
  }
}

function toTrustedCaller({
  name,
  issuer,
  tokenTypes,
  scopes,
  actsFor,
  subject,
}: IssuerDescription): TrustedCaller {
  return {
    name,
    issuer,
    tokenType: tokenTypes.map((type) => type ?? 'no type').join(' or '),
    scopes,
    actsFor: actsFor === 'anySubject' ? (subject ?? actsFor) : actsFor,
  };
}
