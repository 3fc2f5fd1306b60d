export { CountersignError, FAULTS } from './errors.js';
export type { FaultCode, FaultDetail, FaultKind } from './errors.js';
export { createFixedClock, systemClock } from './clock.js';
export type { Clock, FixedClock } from './clock.js';
export { SERVICE_TOKEN_TYPE } from './token.js';
export type { Caller, EligibleActor } from './token.js';
export { bodyHash, boundUri, DELEGATION_PROOF_HEADER, isWrite, tokenHash } from './binding.js';
export type { BodyHashes } from './binding.js';
export { fixedSet } from './fixed-set.js';
export type { Authentication, Principal } from './principal.js';
export type { ClientAuthentication } from './oauth-client.js';
export { invalidOption, OptionsReader, readHttpsUri } from './options.js';

export { createTrustStore } from './keys/trust-store.js';
export type { IssuerKeyStatus, TrustedIssuer, TrustStore, TrustStoreOptions } from './keys/trust-store.js';
export type { KeyStatus } from './keys/issuer-keys.js';
export type { KeyEvent, KeyFailure } from './keys/key-events.js';
export type { HydratedIssuer, HydrateOptions } from './keys/hydrate.js';
export type { JwksOptions } from './keys/jwks-options.js';
export type { ClaimNames, ClaimPath, ClaimPreset } from './keys/claim-profile.js';
export type { IntrospectionRecord } from './keys/introspection-record.js';
export type { TrustedKeys, TrustRecord } from './keys/trust-record.js';
export { createKeyStore } from './keys/key-store.js';
export type { KeyStore, KeyStoreOptions, OpenKeyStore, Signer } from './keys/key-store.js';
export type { RemoteSigner } from './keys/own/remote-signer.js';
export type { SigningAlgorithm } from './keys/own/own-key.js';
export type { PublicJwk } from './keys/public-jwk.js';
export { openKeyDirectory } from './keys/own/key-directory.js';
export type {
  KeyDirectory,
  KeyDirectoryChange,
  KeyDirectoryOptions,
  KeyDirectoryState,
} from './keys/own/key-directory.js';
export type { KeyProblem } from './keys/own/check-directory.js';
export { DEFAULT_VERIFIER_CACHE_SECONDS } from './keys/own/key-record.js';
export { activationSafeAt, publicationSeconds, retirementSafeAt } from './keys/own/rotation.js';
export type {
  KeyChange,
  KeyOverlap,
  KeyRecord,
  KeyRotation,
  KeyState,
  KeyStep,
} from './keys/own/key-record.js';

export { createVerifier } from './inbound/verifier.js';
export type { InboundRequest } from './inbound/authenticate.js';
export type { AnnouncedDpop, Verifier, VerifierOptions } from './inbound/verifier.js';
export type { DpopOptions } from './inbound/dpop-options.js';
export type { RecallOptions } from './inbound/recall.js';
export { extractToken } from './inbound/extract-token.js';
export type { TokenRequest } from './inbound/extract-token.js';
export { emptyBody, tapBody } from './inbound/wire-body.js';
export type { WireBody, WireBodyOptions } from './inbound/wire-body.js';
export { memoryReplayStore } from './inbound/memory-replay-store.js';
export type { MemoryReplayStoreOptions } from './inbound/memory-replay-store.js';
export type { ReplayShare, ReplayStore } from './inbound/replay.js';

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
export type { AuthorizationServerRecord } from './outbound/authorization-server.js';
export type { StaticCredential, StaticCredentialRecord } from './outbound/static-credential.js';
export { mendableRefusal } from './outbound/retry.js';
export type { RefusedCall } from './outbound/retry.js';
export { memoryTokenCache } from './outbound/token-cache.js';
export type { MemoryTokenCacheOptions, TokenCache } from './outbound/token-cache.js';
export type { IssuedClaims, IssuedToken, OutboundCall } from './outbound/token-source.js';
export { signToken } from './outbound/sign-token.js';
export { isTransportHeader } from './outbound/transport-headers.js';
