import { frozenSet } from './lib/frozen-set.js';
import { type Caller, type EligibleActor, type ValidatedToken } from './token.js';
import { newTransactionId } from './lib/transaction-id.js';

/**
 * Who is calling, on whose behalf, and what the call may do: the result of authentication that handlers work with. Requests
 * with the same token share its sets and lists, so they cannot be changed.
 */
export interface Principal {
  /**
   * The URI of the user; the issuer of the caller, if the caller acts for itself; or the `sub` of a client of an identity
   * provider that acts for itself.
   */
  readonly subject: string | undefined;
  /** `service` if the caller acts for itself, without a user. */
  readonly subjectKind: 'user' | 'service';
  /** The service that signed the token. */
  readonly caller: Caller;
  /** The OAuth client that an identity provider issued the token to. Undefined for service tokens. */
  readonly client?: string | undefined;
  /** The scopes of the token that the trust record allows the caller. */
  readonly scopes: ReadonlySet<string>;
  /**
   * The roles of the token that the trust record allows its issuer to name; every role, if the record does not limit them.
   * With a subject resolver, the roles that the application's own record gives the user.
   */
  readonly roles: ReadonlySet<string>;
  /**
   * The chain of acting services, newest first: the caller, then the service that called it, and so on (RFC 8693 section 4.1).
   * Only the first is verified. With a delegation proof, every service that signed a token of the chain is verified. The
   * others are claims of the issuer. Empty for a user with an identity provider's token that names no actor.
   */
  readonly actors: readonly string[];
  /** The ID that all calls of the chain share: the `txn` claim, or a new ID on the first hop. */
  readonly transactionId: string;
  /** The `jti` claim of the token. */
  readonly tokenId: string | undefined;
  /** When the token expires, in seconds since the epoch. */
  readonly expiresAt: number;
  /** The user object that the application's subject resolver returned. */
  readonly user?: unknown;
}

/** The result of a successful authentication: the principal, and what outgoing calls need of its token. */
export interface Authentication {
  readonly principal: Principal;
  /** The compact token, which outgoing calls may propagate. Never log it. */
  readonly token: string;
  /** The tokens that proved the delegation, newest first. Empty if no proof was required. Never log them. */
  readonly proofs: readonly string[];
  readonly keyId: string;
  /** All audiences of the token. This service is one of them. */
  readonly audiences: readonly string[];
  /**
   * The roles of the token that the trust record allows. Outgoing calls pass on no others, whatever roles the application
   * gives the principal.
   */
  readonly roles: ReadonlySet<string>;
  /**
   * The only party that may make calls for the subject of this token, if the token names one (RFC 8693 section 4.4). It does
   * not restrict who may call this service.
   */
  readonly mayAct: EligibleActor | undefined;
  /** Whether the token is bound to the body of this request. */
  readonly bound: boolean;
  /** What `useOnce` records of a token that may be used only once. */
  readonly singleUse: { readonly key: string; readonly expiresAt: number } | undefined;
  /** What `useOnce` records of the DPoP proof that came with the token. */
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
