import { createHash } from 'node:crypto';
import { type Clock } from '../../clock.js';
import { CountersignError } from '../../errors.js';
import { type TrustedIssuer } from '../../trust/trust-store.js';
import { claim, type Claims, type ValidatedToken } from '../../token.js';
import { type DpopRules } from './dpop-options.js';
import { checkDpopProof, type ProofUse, type ProvenRequest } from './dpop-proof.js';
import { type Credentials } from '../extract-token.js';
import { isRecord } from '../../lib/is-record.js';

/** A token that may be bound to a key of its client, as it was sent. */
export interface SentToken {
  readonly request: Pick<ProvenRequest, 'method' | 'url' | 'rawHeaders'> & {
    /** The client's certificate from the TLS connection itself, in DER. */
    readonly clientCertificate?: () => Uint8Array | undefined;
  };
  readonly sent: Credentials;
}

/** How proofs are checked, and by which clock. */
export interface ProofRules {
  readonly dpop: DpopRules;
  readonly clock: Clock;
}

/** The ways to bind a token that are checked here: RFC 9449 section 6.1, RFC 8705 section 3.1. */
const METHODS: ReadonlySet<string> = new Set(['jkt', 'x5t#S256']);

/**
 * Checks that whoever sent the token has the key that it is bound to (RFC 7800). A bound token is never taken for a bearer
 * token: what cannot be checked is refused.
 * @returns how to remember the proof; undefined, at once, when there was none.
 * @throws CountersignError `claim_invalid`, `binding_not_supported`, `token_not_bound`, `certificate_mismatch`, and those of
 * `checkDpopProof`.
 */
export function checkConfirmation(
  token: ValidatedToken,
  issuer: TrustedIssuer,
  { request, sent }: SentToken,
  { dpop, clock }: ProofRules,
): Promise<ProofUse> | undefined {
  const { certificate, thumbprint } = readConfirmation(token.binding?.cnf);
  if (certificate !== undefined) checkCertificate(certificate, request.clientCertificate?.());
  if (thumbprint === undefined) {
    const mustBeBound = issuer.dpop === 'required' || token.binding?.isDpop === true;
    if (!mustBeBound && sent.scheme !== 'DPoP') return undefined;
    throw new CountersignError('token_not_bound', 'the token has no cnf.jkt, so no proof can be checked');
  }
  if (issuer.dpop === 'off')
    throw new CountersignError(
      'binding_not_supported',
      `the trust record of ${issuer.name} says dpop: "off"`,
    );
  if (sent.scheme !== 'DPoP') {
    const problem = 'the token is bound to a key: it must be sent by the scheme DPoP, with its proof';
    throw new CountersignError('dpop_proof_missing', problem);
  }
  const { method, url, rawHeaders } = request;
  const { clockToleranceSeconds } = issuer;
  const proven = {
    method,
    url,
    rawHeaders,
    token: sent.token,
    now: clock.now(),
    thumbprint,
    clockToleranceSeconds,
  };
  return checkDpopProof(proven, dpop);
}

interface Confirmation {
  readonly thumbprint: string | undefined;
  readonly certificate: string | undefined;
}

const UNBOUND: Confirmation = { thumbprint: undefined, certificate: undefined };

function readConfirmation(cnf: unknown): Confirmation {
  if (cnf === undefined) return UNBOUND;
  if (!isRecord(cnf) || Object.keys(cnf).length === 0)
    throw new CountersignError('claim_invalid', 'cnf must be an object that names a key');
  if (!Object.keys(cnf).every((method) => METHODS.has(method)))
    throw new CountersignError('binding_not_supported', 'cnf may hold only jkt and x5t#S256');
  return { thumbprint: hash(cnf, 'jkt'), certificate: hash(cnf, 'x5t#S256') };
}

function hash(cnf: Claims, method: string): string | undefined {
  const value = claim(cnf, method);
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value)) return value;
  throw new CountersignError('claim_invalid', `cnf.${method} must be the SHA-256 of a key`);
}

function checkCertificate(expected: string, certificate: Uint8Array | undefined): void {
  if (certificate === undefined) {
    const problem = 'the token is bound to a client certificate, and the connection has none';
    throw new CountersignError('certificate_mismatch', problem);
  }
  if (createHash('sha256').update(certificate).digest('base64url') === expected) return;
  throw new CountersignError('certificate_mismatch', 'the token is bound to another client certificate');
}
