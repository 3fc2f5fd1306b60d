export { CountersignError, FAULTS } from './errors.js';
export type { FaultCode, FaultDetail, FaultKind } from './errors.js';
export { createFixedClock, systemClock } from './clock.js';
export type { Clock, FixedClock } from './clock.js';
export type { BodyHashes } from './body-hash.js';
export type { Authentication, Principal } from './principal.js';
export type { Caller, EligibleActor } from './token.js';

export { createVerifier } from './inbound/verifier.js';
export type { InboundRequest } from './inbound/authenticate.js';
export type { Verifier, VerifierOptions } from './inbound/verifier.js';
export type { DpopOptions } from './inbound/proof-of-possession/dpop-options.js';
export type { RecallOptions } from './inbound/recall.js';
export { emptyBody, tapBody } from './inbound/wire-body.js';
export type { WireBody, WireBodyOptions } from './inbound/wire-body.js';
export { memoryReplayStore } from './inbound/replay/memory-replay-store.js';
export type { MemoryReplayStoreOptions } from './inbound/replay/memory-replay-store.js';
export type { ReplayShare, ReplayStore } from './inbound/replay/replay.js';

export { defineTrust } from './trust/define-trust.js';
export type { TrustedKeys, TrustRecord } from './trust/trust-record.js';
export type { ClaimNames, ClaimPath, ClaimPreset } from './trust/claim-profile.js';
export type { IntrospectionRecord } from './trust/introspection-record.js';
export type { IssuerDescription } from './trust/describe-issuer.js';
export type { IssuerKeyStatus } from './trust/trust-store.js';
export type { HydratedIssuer, HydrateOptions } from './jwks/hydrate.js';
export type { KeyStatus } from './jwks/issuer-keys.js';
export type { JwksOptions } from './jwks/jwks-options.js';
export type { KeyEvent, KeyFailure } from './jwks/key-events.js';

export { authorize } from './policy/policy.js';
export type { Requirement } from './policy/policy.js';

export { createKeyStore } from './key-store/create-key-store.js';
export type { KeyStoreOptions } from './key-store/create-key-store.js';
export type { AlgorithmName } from './crypto/algorithms.js';
export type { PublicJwk } from './crypto/jwk.js';
export type { KeyStore, OpenKeyStore, Signer } from './signing-keys/key-store.js';
export type { RemoteSigner } from './signing-keys/remote-signer.js';
export type { SigningAlgorithm } from './signing-keys/signing-key.js';

export { createAuthorizer } from './outbound/authorizer.js';
export type {
  AuthorizedCall,
  AuthorizeOptions,
  Authorizer,
  AuthorizerOptions,
} from './outbound/authorizer.js';
export { defineDestinations } from './outbound/define-destinations.js';
export type { DestinationRecord } from './outbound/destination.js';
export type { AuthorizationServerRecord } from './oauth/authorization-server.js';
export type { ClientAuthentication } from './oauth/oauth-client.js';
export type { StaticCredentialRecord } from './outbound/sources/static-credential.js';
export { memoryTokenCache } from './outbound/cache/token-cache.js';
export type { MemoryTokenCacheOptions, TokenCache } from './outbound/cache/token-cache.js';
export type { IssuedClaims, IssuedToken, OutboundCall } from './outbound/token-source.js';
