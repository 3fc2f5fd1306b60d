export { CountersignModule } from './countersign.module.js';
export type { CountersignAsyncOptions, CountersignOptions, ExemptController } from './countersign.options.js';
export { AUTHORIZER, KEY_STORE, STRATEGY_NAME, VERIFIER } from './countersign.tokens.js';
export { logDecisions } from './telemetry/decisions.js';
export type { DecisionRecord, DecisionRecorder } from './telemetry/decisions.js';

export {
  Authenticated,
  Callers,
  CurrentPrincipal,
  Policies,
  Public,
  Roles,
  Scopes,
} from './inbound/decorators.js';
export type { HandlerPolicy } from './inbound/handler-policy.js';
export { RequestScope } from './request/request-scope.js';
export { RouteDescriptions } from './inbound/route-descriptions.js';
export type { RouteDescription } from './inbound/route-descriptions.js';
export type { ResolvedSubject, SubjectResolver } from './countersign.extensions.js';
export { answerFault } from './faults/answer-fault.js';
export type { AnswerFaultOptions } from './faults/answer-fault.js';
export { FaultException } from './faults/fault.exception.js';
export type { FaultAnswer, Problem } from './faults/fault-answer.js';
export type { ChallengeOptions } from './faults/challenge.js';
export type { ResourceMetadataOptions } from './well-known/resource-metadata.js';

export { AuthorizedFetch } from './outbound/authorized-fetch.js';
export type { AuthorizedRequestInit } from './outbound/authorized-fetch.js';
export { Destination, getDestinationToken } from './outbound/destination.decorator.js';
export type { DestinationClient } from './outbound/destination-client.js';
export type { CallOptions } from './outbound/outgoing-call.js';
export { KeysHealth } from './keys/keys-health.js';
export type { KeysHealthOptions, KeysHealthStatus, OwnKeysStatus } from './keys/keys-health.js';
export { TransactionLogger } from './request/transaction-logger.js';

// What an application needs of core, so that it need not depend on it too.
export {
  CountersignError,
  createKeyStore,
  defineDestinations,
  defineTrust,
  memoryReplayStore,
  memoryTokenCache,
} from '@countersign/core';
export type {
  Authentication,
  Caller,
  Clock,
  DestinationRecord,
  FaultCode,
  FaultKind,
  IssuedToken,
  KeyEvent,
  KeyFailure,
  KeyStatus,
  KeyStore,
  KeyStoreOptions,
  Principal,
  PublicJwk,
  ReplayShare,
  ReplayStore,
  Requirement,
  Signer,
  TokenCache,
  TrustRecord,
} from '@countersign/core';
