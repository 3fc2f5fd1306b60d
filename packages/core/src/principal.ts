import { frozenSet } from './lib/frozen-set.js';
import { type Caller, type EligibleActor, type ValidatedToken } from './token.js';
import { newTransactionId } from './lib/transaction-id.js';

/** Who calls, on whose behalf, and what that caller may do: what a handler gets. */
export interface Principal {
  /** The user's URI, or the caller's own issuer when nobody is behind the call; for a client of an identity provider, its `sub`. */
  readonly subject: string | undefined;
  /** `service` when the caller speaks for itself. */
  readonly subjectKind: 'user' | 'service';
  /** The service that signed the token. */
  readonly caller: Caller;
  /** The OAuth client that an identity provider issued the token to. Undefined for service tokens. */
  readonly client?: string | undefined;
  /** The scopes of the token, cut to what the trust record lets the caller have. */
  readonly scopes: ReadonlySet<string>;
  /**
   * The roles of the token, cut to what the trust record lets its issuer name: every role unless it says otherwise. Of a user,
   * those of the application's own record where a subject resolver is set.
   */
  readonly roles: ReadonlySet<string>;
  /**
   * The services that act, newest first: the caller, then whoever called it (RFC 8693 section 4.1). Without a delegation
   * proof only the first is checked; with one, those that signed a token of the chain. Others are their issuer's word. Empty
   * when a user calls with the token of an identity provider that names none.
   */
  readonly actors: readonly string[];
  /** The id that the whole chain of calls shares. */
  readonly transactionId: string;
  /** The token's `jti`. */
  readonly tokenId: string | undefined;
  /** Seconds since the epoch: nothing done for this principal may outlive it. */
  readonly expiresAt: number;
  /** The application's own user, from its subject resolver. */
  readonly user?: unknown;
}

/** What an accepted token leaves behind for the rest of the request. */
export interface Authentication {
  readonly principal: Principal;
  /** The compact token, for propagation and as evidence. Never log it. */
  readonly token: string;
  /** The tokens that proved this call's delegation, newest first; empty when none was asked for. Never log them. */
  readonly proofs: readonly string[];
  readonly keyId: string;
  /** Every service that the token is meant for; ours is among them. */
  readonly audiences: readonly string[];
  /**
   * The roles of the token, cut as the principal's: the most that an outgoing call hands on, whatever roles the application
   * gives the principal.
   */
  readonly roles: ReadonlySet<string>;
  /**
   * Who alone may call others in the name of this token's subject, where the token says so (RFC 8693 section 4.4). It says
   * nothing of who calls us.
   */
  readonly mayAct: EligibleActor | undefined;
  /** Whether the token was bound to this request's body. */
  readonly bound: boolean;
  /** How this token is remembered when it may be used only once. */
  readonly singleUse: { readonly key: string; readonly expiresAt: number } | undefined;
  /** The same for the DPoP proof that came with the token. */
  readonly proofUse?: { readonly key: string; readonly expiresAt: number } | undefined;
}

declare const progress: unique symbol;

/** What all requests with the same token have in common, whoever sends them. Only `toIdentity` makes one. */
export interface Identity extends Omit<Principal, 'transactionId' | 'user'> {
  readonly [progress]: 'identified';
  /** Undefined where the token names no transaction: each request begins one. */
  readonly transactionId: string | undefined;
}

/** The most that the tokens of an issuer may say, by its trust record. */
export interface Allowance {
  readonly scopes: ReadonlySet<string>;
  /** Undefined for every role. */
  readonly roles: ReadonlySet<string> | undefined;
}

/** Who acts, newest first, and what the issuers of the proofs may say; none where nothing had to be proven. */
export interface Acting {
  readonly actors: readonly string[];
  readonly provenBy: readonly Allowance[];
}

/**
 * Who a token speaks for, once its signature, claims and delegation hold: scopes and roles are cut, never added.
 * Scopes are cut to what the caller may have; roles to that, and to what each issuer of a proof may name.
 * @param allowed what the trust record lets this caller have.
 */
export function toIdentity(token: ValidatedToken, allowed: Allowance, acting: Acting): Identity {
  const { actors, provenBy } = acting;
  const limits = [allowed, ...provenBy];
  return {
    subject: token.subject,
    subjectKind: token.speaksForItself ? 'service' : 'user',
    caller: token.caller,
    client: token.client,
    scopes: frozenSet(token.scopes.filter((scope) => allowed.scopes.has(scope))),
    roles: frozenSet(token.roles.filter((role) => limits.every(({ roles }) => roles?.has(role) !== false))),
    actors: Object.freeze(actors),
    transactionId: token.transactionId,
    tokenId: token.tokenId,
    expiresAt: token.expiresAt,
  } as Identity;
}

/**
 * Makes the principal of one request.
 * Nothing in it can be changed through it for the next request: what is shared cannot be changed at all. Where the token
 * names no transaction, one begins: this is the first hop.
 */
export function toPrincipal(identity: Identity): Principal {
  // Each member by its name: one is made for every request, and to copy whatever is there costs more.
  return {
    subject: identity.subject,
    subjectKind: identity.subjectKind,
    caller: identity.caller,
    client: identity.client,
    scopes: identity.scopes,
    roles: identity.roles,
    actors: identity.actors,
    transactionId: identity.transactionId ?? newTransactionId(),
    tokenId: identity.tokenId,
    expiresAt: identity.expiresAt,
  };
}
