import { randomUUID } from 'node:crypto';
import { boundUri, hasOneReading, isWrite } from '../../binding.js';
import { bodyHash, EMPTY_BODY_HASH } from '../../body-hash.js';
import { type Clock } from '../../clock.js';
import { CountersignError } from '../../errors.js';
import { type KeyStore } from '../../signing-keys/key-store.js';
import { type Principal } from '../../principal.js';
import { SERVICE_TOKEN_TYPE } from '../../token.js';
import { newTransactionId } from '../../lib/transaction-id.js';
import { requireUser } from '../on-behalf-of.js';
import { proofHash } from './attach-proof.js';
import { currentSigner, signWithOwnKey } from '../../signing-keys/sign-token.js';
import { type IssuedToken, type OutboundCall, type TokenRequest, type TokenSource } from '../token-source.js';
import { type Destination } from '../destination.js';

export interface MintOptions {
  /** The issuer of the tokens: this service. */
  readonly service: string;
  readonly keyStore: KeyStore;
  readonly clock: Clock;
}

/** A bound token serves one request. */
const BOUND_LIFETIME_SECONDS = 60;
/** An unbound token is used again until it is about to expire. */
const UNBOUND_LIFETIME_SECONDS = 300;

/**
 * Mints service tokens with this service's own key.
 * Never more than the caller's token had: scopes are those of its token cut to the destination's, and it does not live longer.
 * A write gets a token of its own, bound to its body, method and path; reads share one until it is about to expire.
 */
export function mintSource(options: MintOptions): TokenSource {
  return {
    offer(request) {
      const grant = grantFor(request, options);
      if (isBound(request)) {
        const binding = bindingOf(request.call, request.destination);
        return { cacheKey: undefined, issue: () => mint(grant, binding, options) };
      }
      // A token by a key that is no longer ours to sign with must not be used again: it may have been revoked.
      const { keyId } = currentSigner(options.keyStore);
      return { cacheKey: JSON.stringify([keyId, grant]), issue: () => mint(grant, undefined, options) };
    },
  };
}

/** Everything that decides what an unbound token says, but its time and its id: two equal grants may share a token. */
interface Grant {
  readonly audience: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** Newest first; empty when this service speaks for itself. */
  readonly actors: readonly string[];
  readonly transactionId: string | undefined;
  /** The hash of the token that proves the user's call, for destinations that want the proof. */
  readonly proof: string | undefined;
  /** The caller's token expires then; null when there is none. */
  readonly notAfter: number | null;
}

function grantFor(request: TokenRequest, { service }: MintOptions): Grant {
  const { destination, authentication } = request;
  const { audience } = destination;
  if (destination.onBehalfOf === 'service') {
    const transactionId = authentication?.principal.transactionId;
    return {
      audience,
      subject: service,
      scopes: destination.scopes,
      roles: [],
      actors: [],
      transactionId,
      proof: undefined,
      notAfter: null,
    };
  }
  const { principal, roles } = requireUser(request);
  return {
    audience,
    subject: requireSubject(principal),
    scopes: destination.scopes.filter((scope) => principal.scopes.has(scope)),
    roles: [...roles],
    actors: [service, ...principal.actors],
    transactionId: principal.transactionId,
    proof: proofHash(request),
    notAfter: principal.expiresAt,
  };
}

function requireSubject(principal: Principal): string {
  if (principal.subject === undefined)
    throw new CountersignError('user_context_missing', 'the principal has no subject');
  return principal.subject;
}

function isBound({ call, destination }: TokenRequest): boolean {
  const hasBody = call.body !== undefined && call.body.byteLength > 0;
  return destination.bodyBinding === 'required' && (isWrite(call.method) || hasBody);
}

interface Binding {
  readonly bdy: string;
  readonly htm: string;
  readonly htu: string;
}

/** @throws CountersignError `target_not_bindable`: the called service would refuse it, and could not say why. */
function bindingOf({ body, method, url }: OutboundCall, { audience }: Destination): Binding {
  if (!hasOneReading(url.pathname))
    throw new CountersignError(
      'target_not_bindable',
      'the path of a call that is signed must hold no %5C, and no dots between escaped slashes',
    );
  return {
    bdy: body === undefined ? EMPTY_BODY_HASH : bodyHash(body),
    htm: method,
    htu: boundUri(audience, url.pathname + url.search),
  };
}

/** @throws CountersignError `caller_token_expired` when the caller's token ran out meanwhile; `token_unavailable` when signing fails. */
async function mint(grant: Grant, binding: Binding | undefined, options: MintOptions): Promise<IssuedToken> {
  const issuedAt = Math.floor(options.clock.now());
  const lifetime = binding === undefined ? UNBOUND_LIFETIME_SECONDS : BOUND_LIFETIME_SECONDS;
  const expiresAt = Math.min(issuedAt + lifetime, Math.floor(grant.notAfter ?? Infinity));
  if (expiresAt <= issuedAt)
    throw new CountersignError('caller_token_expired', "the caller's token expired before this call");
  const tokenId = randomUUID();
  const transactionId = grant.transactionId ?? newTransactionId();
  // What is undefined does not stand in the token.
  const claims = {
    iss: options.service,
    aud: grant.audience,
    sub: grant.subject,
    iat: issuedAt,
    exp: expiresAt,
    jti: tokenId,
    scope: grant.scopes.join(' '),
    roles: grant.roles.length > 0 ? grant.roles : undefined,
    act: actorChain(grant.actors),
    txn: transactionId,
    ath: grant.proof,
    bdy: binding?.bdy,
    htm: binding?.htm,
    htu: binding?.htu,
  };
  const { token, keyId } = await signWithOwnKey(claims, SERVICE_TOKEN_TYPE, options.keyStore);
  const { audience, subject, scopes, actors } = grant;
  const issued = {
    issuer: options.service,
    audience,
    subject,
    scopes,
    actors,
    transactionId,
    tokenId,
    issuedAt,
    expiresAt,
    keyId,
    bound: binding !== undefined,
  };
  return { token, claims: issued };
}

/** RFC 8693 section 4.1: the newest actor outside, whoever called it inside. */
function actorChain(actors: readonly string[]): object | undefined {
  return actors.reduceRight<object | undefined>(
    (act, sub) => (act === undefined ? { sub } : { sub, act }),
    undefined,
  );
}
