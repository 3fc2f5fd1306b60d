import type { CalledService, TrustedCaller, TrustView } from '@countersign/service-kit';

/** Whose tokens are taken where, as a graph: made of what the services say of themselves. */
export interface TrustMap {
  readonly nodes: readonly TrustNode[];
  readonly arrows: readonly TrustArrow[];
}

export interface TrustNode {
  readonly name: string;
  /** Its identifier. */
  readonly uri: string;
  /** `issuer`: only others speak of it. */
  readonly kind: 'service' | 'issuer';
}

/** That `to` takes tokens of `from`. */
export interface TrustArrow {
  readonly from: string;
  readonly to: string;
  readonly tokenType: string;
  /** The most that they may carry there. */
  readonly scopes: readonly string[];
  /** In whose names they may speak, in words. */
  readonly forWhom: string;
  /** How `from` calls `to`; undefined for an issuer, and for a service that declares no such call. */
  readonly call: Pick<CalledService, 'authorize' | 'onBehalfOf' | 'scopes'> | undefined;
}

/** Joins what each service trusts with what the others call. */
export function toTrustMap(views: readonly TrustView[]): TrustMap {
  const byUri = new Map(views.map((view) => [view.service, view]));
  const nodes = new Map<string, TrustNode>(
    views.map(({ name, service }) => [service, { name, uri: service, kind: 'service' }]),
  );
  const arrows: TrustArrow[] = [];
  for (const to of views) {
    for (const caller of to.trust) {
      if (!nodes.has(caller.issuer))
        nodes.set(caller.issuer, { name: caller.name, uri: caller.issuer, kind: 'issuer' });
      const from = byUri.get(caller.issuer);
      const call = from?.destinations.find(({ audience }) => audience === to.service);
      arrows.push({
        from: from?.name ?? caller.name,
        to: to.name,
        tokenType: caller.tokenType,
        scopes: caller.scopes,
        forWhom: inWords(caller),
        call: call && { authorize: call.authorize, onBehalfOf: call.onBehalfOf, scopes: call.scopes },
      });
    }
  }
  return { nodes: [...nodes.values()], arrows };
}

function inWords({ actsFor }: TrustedCaller): string {
  if (actsFor === 'nobody') return 'for itself only';
  if (actsFor === 'proven') return 'for users who called it, proven';
  if (typeof actsFor === 'string') return 'for the users who log in there';
  return `for any user under ${actsFor.map((prefix) => prefix.replace('https://', '')).join(', ')}`;
}
