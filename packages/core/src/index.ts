export { CountersignError, FAULTS } from './errors.js';
export type { FaultCode, FaultDetail, FaultKind } from './errors.js';
export { createFixedClock, systemClock } from './clock.js';
export type { Clock, FixedClock } from './clock.js';
export { SERVICE_TOKEN_TYPE } from './token.js';
export type { Caller, EligibleActor } from './token.js';
export { bodyHash, boundUri, DELEGATION_PROOF_HEADER, isWrite, tokenHash } from './binding.js';
export type { BodyHashes } from './binding.js';
export { fixedSet } from './lib/frozen-set.js';
export type { Authentication, Principal } from './principal.js';
export type { ClientAuthentication } from './oauth/oauth-client.js';
export { invalidOption, OptionsReader, readHttpsUri } from './options.js';

export { createTrustStore } from './trust/trust-store.js';
export type { IssuerKeyStatus, TrustedIssuer, TrustStore, TrustStoreOptions } from './trust/trust-store.js';
export type { KeyStatus } from './jwks/issuer-keys.js';
export type { KeyEvent, KeyFailure } from './jwks/key-events.js';
export type { HydratedIssuer, HydrateOptions } from './jwks/hydrate.js';
export type { JwksOptions } from './jwks/jwks-options.js';
export type { ClaimNames, ClaimPath, ClaimPreset } from './trust/claim-profile.js';
export type { IntrospectionRecord } from './trust/introspection-record.js';
export type { TrustedKeys, TrustRecord } from './trust/trust-record.js';
export { createKeyStore } from './key-store/create-key-store.js';
export type { KeyStoreOptions } from './key-store/create-key-store.js';
export type { KeyStore, OpenKeyStore, Signer } from './signing-keys/key-store.js';
export type { RemoteSigner } from './signing-keys/remote-signer.js';
export type { SigningAlgorithm } from './signing-keys/signing-key.js';
export type { PublicJwk } from './crypto/jwk.js';
export { openKeyDirectory } from './key-store/directory/key-directory.js';
export type {
  KeyDirectory,
  KeyDirectoryChange,
  KeyDirectoryOptions,
  KeyDirectoryState,
} from './key-store/directory/key-directory.js';
export type { KeyProblem } from './key-store/directory/file-errors.js';
export { DEFAULT_VERIFIER_CACHE_SECONDS } from './key-store/rotation/key-record.js';
export { activationSafeAt, publicationSeconds, retirementSafeAt } from './key-store/rotation/schedule.js';
export type {
  KeyChange,
  KeyOverlap,
  KeyRecord,
  KeyRotation,
  KeyState,
  KeyStep,
} from './key-store/rotation/key-record.js';

export { createVerifier } from './inbound/verifier.js';
export type { InboundRequest } from './inbound/authenticate.js';
export type { AnnouncedDpop, Verifier, VerifierOptions } from './inbound/verifier.js';
export type { DpopOptions } from './inbound/proof-of-possession/dpop-options.js';
export type { RecallOptions } from './inbound/recall.js';
export { extractToken } from './inbound/extract-token.js';
export type { TokenRequest } from './inbound/extract-token.js';
export { emptyBody, tapBody } from './inbound/wire-body.js';
export type { WireBody, WireBodyOptions } from './inbound/wire-body.js';
export { memoryReplayStore } from './inbound/replay/memory-replay-store.js';
export type { MemoryReplayStoreOptions } from './inbound/replay/memory-replay-store.js';
export type { ReplayShare, ReplayStore } from './inbound/replay/replay.js';

export { authorize } from './policy/policy.js';
export type { Requirement } from './policy/policy.js';

export { createAuthorizer } from './outbound/authorizer.js';
export type {
  AuthorizedCall,
  AuthorizeOptions,
  Authorizer,
  AuthorizerOptions,
} from './outbound/authorizer.js';
export type { Destination, DestinationRecord } from './outbound/destination.js';
export type { AuthorizationServerRecord } from './oauth/authorization-server.js';
export type { StaticCredential, StaticCredentialRecord } from './outbound/sources/static-credential.js';
export { mendableRefusal } from './outbound/retry.js';
export type { RefusedCall } from './outbound/retry.js';
export { memoryTokenCache } from './outbound/cache/token-cache.js';
export type { MemoryTokenCacheOptions, TokenCache } from './outbound/cache/token-cache.js';
export type { IssuedClaims, IssuedToken, OutboundCall } from './outbound/token-source.js';
export { signToken } from './signing-keys/sign-token.js';
export { isTransportHeader } from './outbound/transport-headers.js';
