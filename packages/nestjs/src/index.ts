export { CountersignModule } from './countersign.module.js';
export type { CountersignAsyncOptions, CountersignOptions, ExemptController } from './countersign.options.js';
export { AUTHORIZER, KEY_STORE, STRATEGY_NAME, VERIFIER } from './countersign.tokens.js';
export { logDecisions } from './telemetry/log-decisions.js';

export {
  Authenticated,
  BodyLimit,
  Callers,
  CurrentPrincipal,
  Policies,
  Public,
  Roles,
  Scopes,
} from './inbound/decorators.js';
export { RouteDescriptions } from './inbound/route-descriptions.js';
export type { RouteDescription } from './inbound/route-descriptions.js';
export type { HandlerPolicy } from './countersign.extensions.js';
export { answerFault } from './faults/answer-fault.js';
export type { AnswerFaultOptions } from './faults/answer-fault.js';
export { FaultException } from './faults/fault.exception.js';
export { FaultFilter } from './faults/fault.filter.js';

export { Destination, getDestinationToken } from './outbound/destination.decorator.js';
export { KeysHealth } from './keys/keys-health.js';
export type { KeysHealthOptions, KeysHealthStatus, OwnKeysStatus } from './keys/keys-health.js';
export { TransactionLogger } from './request/transaction-logger.js';

export { AuthorizedFetch, publicUrlOf, RequestScope, useToken } from '@countersign/core/http';
export type {
  AuthorizedRequestInit,
  CallOptions,
  ChallengeOptions,
  DecisionRecord,
  DecisionRecorder,
  DestinationClient,
  FaultAnswer,
  Problem,
  ResolvedSubject,
  ResourceMetadataOptions,
  SubjectResolver,
} from '@countersign/core/http';

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
