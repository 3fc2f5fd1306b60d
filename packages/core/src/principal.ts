import { type Caller, type ValidatedToken } from './token.js';

/** Who calls, on whose behalf, and what that caller may do: what a handler gets. */
export interface Principal {
  /** The user's URI, or the caller's own issuer when nobody is behind the call; for a client of an identity provider, its `sub`. */
  readonly subject: string | undefined;
  /** `service` when the caller speaks for itself. */
  readonly subjectKind: 'user' | 'service';
  /** The service that signed the token. */
  readonly caller: Caller;
  /** The OAuth client that an identity provider issued the token to. Undefined for service tokens. */
  readonly client?: string;
  /** The scopes of the token, cut to what the trust record lets the caller have. */
  readonly scopes: ReadonlySet<string>;
  /** The roles of the token, or of the application's own user record where a subject resolver is set. */
  readonly roles: ReadonlySet<string>;
  /**
   * The services that act, newest first: the caller, then whoever called it (RFC 8693 section 4.1). Without a delegation
   * proof only the first is checked. Empty when a user calls with the token of an identity provider.
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
  /** The roles that the token names, and so the most that an outgoing call hands on, whatever roles the application gives the principal. */
  readonly roles: ReadonlySet<string>;
  /** Whether the token was bound to this request's body. */
  readonly bound: boolean;
  /** How this token is remembered when it may be used only once. */
  readonly singleUse: { readonly key: string; readonly expiresAt: number } | undefined;
  /** The same for the DPoP proof that came with the token. */
  readonly proofUse?: { readonly key: string; readonly expiresAt: number } | undefined;
}

/** What a principal is made of beside the token. */
export interface PrincipalParts {
  /** The scopes that the trust record lets this caller have. */
  readonly allowedScopes: ReadonlySet<string>;
  readonly actors: readonly string[];
  /** Used when the token names no transaction: this is the first hop. */
  readonly newTransactionId: () => string;
}

/**
 * Makes the principal of a token whose signature, claims and delegation hold: scopes are cut, never added.
 * Everything in it is its own: a token may be recalled, and what one request does to its principal is not seen by the next.
 */
export function toPrincipal(token: ValidatedToken, parts: PrincipalParts): Principal {
  const scopes = new Set<string>();
  for (const scope of token.scopes) if (parts.allowedScopes.has(scope)) scopes.add(scope);
  return {
    subject: token.subject,
    subjectKind: token.speaksForItself ? 'service' : 'user',
    caller: { name: token.caller.name, issuer: token.caller.issuer },
    ...(token.client !== undefined && { client: token.client }),
    scopes,
    roles: new Set(token.roles),
    actors: [...parts.actors],
    transactionId: token.transactionId ?? parts.newTransactionId(),
    tokenId: token.tokenId,
    expiresAt: token.expiresAt,
  };
}
