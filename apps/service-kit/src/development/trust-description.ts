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
  readonly tokenType: string;
  readonly scopes: readonly string[];
  /** URI prefixes of users, `proven`, or `nobody`; the template of the user's URI for another maker's issuer. */
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
    private readonly config: Pick<ServiceConfig, 'serviceUrl' | 'trust' | 'destinations'>,
    private readonly routes: RouteDescriptions,
  ) {}

  view(): TrustView {
    const { serviceUrl, trust, destinations } = this.config;
    return {
      name: this.name,
      service: serviceUrl,
      trust: trust.map(({ name, issuer, tokenType, scopes, actsFor, subject }) => ({
        name,
        issuer,
        tokenType: tokenType ?? 'svc+jwt',
        scopes: scopes ?? [],
        actsFor: actsFor ?? (typeof subject === 'string' ? subject : 'nobody'),
      })),
      destinations: destinations.map((each) => ({
        name: each.name,
        audience: each.audience ?? each.url,
        authorize: each.authorize,
        onBehalfOf: each.onBehalfOf,
        scopes: each.scopes ?? [],
        delegationProof: each.delegationProof ?? false,
      })),
      routes: this.routes.list().filter(({ path }) => !path.startsWith('/development/')),
    };
  }
}
