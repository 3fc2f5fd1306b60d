import {
  authorize,
  createAuthorizer,
  createVerifier,
  defineDestinations,
  defineTrust,
  type Authentication,
  type InboundRequest,
  type Principal,
  type VerifierOptions,
} from '../src/index.js';
import { checkBinding } from '../src/inbound/binding/body-binding.js';
import { checkDelegation } from '../src/inbound/delegation/delegation.js';
import { type ProofContext } from '../src/inbound/delegation/delegation-proof.js';
import { readUnverified } from '../src/inbound/read-unverified.js';
import { validateClaims, type ClaimExpectations } from '../src/inbound/validate-claims.js';
import { verifySignature } from '../src/inbound/verify-signature.js';
import { type TrustedIssuer } from '../src/trust/trust-store.js';
import { toIdentity, toPrincipal, type Identity } from '../src/principal.js';
import { type SignedToken, type UnverifiedToken, type ValidatedToken } from '../src/token.js';

/**
 * What must not compile: leaving out a step, making up its result, leaving out an option that a check needs.
 * Never run: `tsc` says that each line below its comment is an error, and fails where it is none.
 */
export async function stepsCannotBeLeftOut(
  issuer: TrustedIssuer,
  expected: ClaimExpectations,
  request: InboundRequest,
  proofs: ProofContext,
): Promise<void> {
  const unverified: UnverifiedToken = readUnverified('a.b.c', 8192);
  const signed: SignedToken = await verifySignature(unverified, issuer);
  const validated: ValidatedToken = validateClaims(signed, issuer, expected);
  const acting = { actors: [], provenBy: [] };
  const identity: Identity = toIdentity(validated, issuer, acting);
  toPrincipal(identity);

  // @ts-expect-error the signature is not verified
  validateClaims(unverified, issuer, expected);
  // @ts-expect-error neither signature nor claims
  toIdentity(unverified, issuer, acting);
  // @ts-expect-error the claims are not validated
  toIdentity(signed, issuer, acting);
  // @ts-expect-error the claims are not validated
  await checkDelegation(signed, issuer, proofs);
  // @ts-expect-error the claims are not validated
  await checkBinding(signed, issuer, request, { service: expected.audience, publicAddresses: undefined });
  // @ts-expect-error a token is no verified token
  validateClaims('a.b.c', issuer, expected);
  // @ts-expect-error the maximum size is not left out
  readUnverified('a.b.c');
  // @ts-expect-error the expectations are not left out
  validateClaims(signed, issuer);
  // @ts-expect-error nor a part of them
  validateClaims(signed, issuer, { audience: expected.audience, now: expected.now });
  // @ts-expect-error what the trust record allows is not left out
  toIdentity(validated, undefined, acting);
  // @ts-expect-error a token is nobody yet: whether it may speak for its subject is a step of its own
  toPrincipal(validated);
  // @ts-expect-error verifySignature is asynchronous: its promise is no token
  validateClaims(verifySignature(unverified, issuer), issuer, expected);
}

export function resultsCannotBeMadeUp(
  issuer: TrustedIssuer,
  unverified: UnverifiedToken,
): readonly unknown[] {
  const { header, claims } = unverified;
  const caller = { name: issuer.name, issuer: issuer.issuer };
  // @ts-expect-error only verifySignature makes one
  const signed: SignedToken = { caller, keyId: 'key', header, claims };
  // @ts-expect-error the mark of a step is no text that can be written
  const marked: SignedToken = { progress: 'signed', caller, keyId: 'key', header, claims };
  // @ts-expect-error an unverified token does not become a verified one by a cast
  const cast = unverified as ValidatedToken;
  // @ts-expect-error nor by spreading
  const spread: SignedToken = { ...unverified, caller, keyId: 'key' };
  return [signed, marked, cast, spread];
}

export function optionsCannotBeLeftOut(options: VerifierOptions): void {
  // @ts-expect-error nobody is trusted
  createVerifier({ service: options.service });
  // @ts-expect-error the service has no name
  createVerifier({ trust: options.trust });
  // @ts-expect-error null is no way to skip a check
  createVerifier({ service: null, trust: options.trust });
  // @ts-expect-error an option that nobody knows
  createVerifier({ ...options, audiance: 'x' });
  // @ts-expect-error undefined is not "left out"
  createVerifier({ ...options, maxTokenBytes: undefined });
}

export function recordsAreWhatTheySay(options: VerifierOptions): readonly unknown[] {
  const name = 'herald';
  const issuer = 'https://herald.service/';
  const jwksUri = 'https://herald.service/.well-known/jwks.json';
  const trust = defineTrust([
    { name, issuer, keys: { jwksUri }, algorithms: ['ES256'], actsFor: 'proven', bodyBinding: 'off' },
    { name: 'login', issuer: 'https://login.example/', claims: 'rfc9068', dpop: 'required' },
    ...options.trust,
  ]);
  const destinations = defineDestinations([
    { name: 'census', url: 'https://census.service/', onBehalfOf: 'user', authorize: 'mint', header: 'JWT' },
    {
      name: 'maps',
      url: 'https://maps.example/',
      onBehalfOf: 'service',
      authorize: { header: 'Key', value: 'a' },
    },
  ]);
  const names: readonly ('census' | 'maps')[] = destinations.map((destination) => destination.name);
  const widened = [{ name, issuer, keys: { jwksUri }, algorithms: ['ES256'], actsFor: 'proven' }];

  createVerifier({ service: options.service, trust });
  createAuthorizer({ service: options.service, destinations });
  // @ts-expect-error the types of a list that nobody defined do not survive: what is 'proven' there may be any text
  createVerifier({ service: options.service, trust: widened });
  // @ts-expect-error keys of two forms: which holds?
  createVerifier({ ...options, trust: [{ name, issuer, keys: { jwksUri, jwksFile: 'herald.json' } }] });
  // @ts-expect-error the same, defined
  defineTrust([{ name, issuer, keys: { jwksUri, discovery: true } }]);
  // @ts-expect-error keys of no form
  createVerifier({ ...options, trust: [{ name, issuer, keys: {} }] });
  // @ts-expect-error keys are not looked for, or not: false is no form
  createVerifier({ ...options, trust: [{ name, issuer, keys: { discovery: false } }] });
  // @ts-expect-error an algorithm that is none
  createVerifier({ ...options, trust: [{ name, issuer, keys: { jwksUri }, algorithms: ['none'] }] });
  // @ts-expect-error an algorithm with a shared secret
  createVerifier({ ...options, trust: [{ name, issuer, keys: { jwksUri }, algorithms: ['HS256'] }] });
  // @ts-expect-error a provider that nobody knows
  createVerifier({ ...options, trust: [{ name, issuer, claims: 'rfc9086' }] });
  // @ts-expect-error a misspelt member
  defineTrust([{ name, issuer, keys: { jwksUri }, scope: ['user:read'] }]);
  // @ts-expect-error a record without an issuer
  defineTrust([{ name, keys: { jwksUri } }]);
  // @ts-expect-error a misspelt member of a destination
  defineDestinations([{ name, url: issuer, onBehalfOf: 'user', authorize: 'mint', audiance: issuer }]);
  // @ts-expect-error a destination that does not say for whom it is called
  defineDestinations([{ name, url: issuer, authorize: 'mint' }]);
  // @ts-expect-error client credentials of no server
  defineDestinations([{ name, url: issuer, onBehalfOf: 'service', authorize: 'clientCredentials' }]);
  // @ts-expect-error a source of tokens that is none
  defineDestinations([{ name, url: issuer, onBehalfOf: 'user', authorize: 'sign' }]);
  return names;
}

export function requirementsAreWhatTheySay(principal: Principal, authentication: Authentication): unknown {
  // @ts-expect-error an unknown kind
  authorize(principal, [{ kind: 'scopes', anyOf: ['a'] }]);
  // @ts-expect-error a text instead of a list
  authorize(principal, [{ kind: 'scope', anyOf: 'a' }]);
  // @ts-expect-error a requirement that asks for nothing
  authorize(principal, [{ kind: 'scope' }]);
  // @ts-expect-error no requirements at all
  authorize(principal);
  // @ts-expect-error the authentication is not the principal
  authorize(authentication, [{ kind: 'authenticated' }]);
  // @ts-expect-error a principal cannot be given another scope
  const scopes: Set<string> = principal.scopes;
  // @ts-expect-error nor another subject
  principal.subject = 'https://census.service/user/1/';
  return scopes;
}
