import { CountersignError, type FaultCode } from '../errors.js';
import { type ClaimPath } from '../trust/claim-profile.js';
import { subjectUri } from '../trust/subject-uri.js';
import { type TrustedIssuer } from '../trust/trust-store.js';
import { claim, type Claims } from '../token.js';
import { isRecord } from '../lib/is-record.js';

/** Who is behind a token of a third party. */
export interface Party {
  /** The OAuth client that the token was issued to, where the token says it. */
  readonly client: string | undefined;
  /** The URI of the user where the trust record makes one, else `sub`. */
  readonly subject: string | undefined;
  /** Whether the client speaks for itself, and no user is behind it. */
  readonly isForClient: boolean;
}

/** Only an ID token holds the hash of what came with it (OpenID Connect Core section 3.3.2.11); it is for the client. */
const ID_TOKEN_CLAIMS = ['at_hash', 'c_hash'] as const;

const MAX_CLIENT_LENGTH = 256;

/**
 * Checks what the claim profile of an issuer asks beside the registered claims, and reads who is behind the token.
 * @param subject the `sub`, already read.
 * @throws CountersignError `claim_missing`, `claim_invalid`, `client_not_allowed`.
 */
export function readParty(claims: Claims, issuer: TrustedIssuer, subject: string | undefined): Party {
  for (const name of ID_TOKEN_CLAIMS)
    if (claim(claims, name) !== undefined)
      throw fault('claim_invalid', `the token is an ID token: it has ${name}`);
  for (const [name, expected] of issuer.claims.equal) {
    const value = claim(claims, name);
    if (value === undefined) throw fault('claim_missing', `${name} is missing`);
    if (typeof value !== 'string' || !expected.includes(value))
      throw fault('claim_invalid', `${name} must be ${expected.join(' or ')}`);
  }
  const client = readClient(claims, issuer);
  const isForClient = issuer.claims.isForClient(claims, client);
  if (issuer.subject === undefined || subject === undefined || isForClient)
    return { client, subject, isForClient };
  const uri = subjectUri(issuer.subject, claim(claims, issuer.subject.claim));
  if (uri === undefined)
    throw fault('claim_invalid', `${issuer.subject.claim} must be the identifier of a user`);
  return { client, subject: uri, isForClient };
}

function readClient(claims: Claims, issuer: TrustedIssuer): string | undefined {
  const names = issuer.claims.client;
  const named = names.map((name) => claim(claims, name)).filter((value) => value !== undefined);
  const [client] = named;
  if (client === undefined) {
    if (issuer.claims.optional.includes('client_id')) return undefined;
    throw fault('claim_missing', `${names.join(' or ')} is missing`);
  }
  if (typeof client !== 'string' || client === '' || client.length > MAX_CLIENT_LENGTH)
    throw fault('claim_invalid', `${names.join(' or ')} must be a short string`);
  if (named.some((other) => other !== client))
    throw fault('claim_invalid', `${names.join(' and ')} name different clients`);
  if (issuer.clients?.has(client) === false)
    throw fault('client_not_allowed', `the trust record of ${issuer.name} does not list the client`);
  return client;
}

/**
 * What stands at a path of claims.
 * @throws CountersignError `claim_invalid` when something on the way is no object.
 */
export function claimAt(claims: Claims, path: ClaimPath): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (value === undefined) return undefined;
    if (!isRecord(value))
      throw fault('claim_invalid', `${path.join('.')} leads through something that is no object`);
    value = claim(value, name);
  }
  return value;
}

function fault(code: FaultCode, message: string): CountersignError {
  return new CountersignError(code, message);
}
