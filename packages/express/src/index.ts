export { createCountersign } from './create-countersign.js';
export type { Countersign } from './create-countersign.js';
export { authenticated, bodyLimit, callers, open, optional, policy, roles, scopes } from './stating.js';
export type { Next } from './express-types.js';
export type { Stating } from './stating-middleware.js';
export type { FaultHandler } from './faults.js';
export type { RouteDescription } from './route-list.js';

export { CountersignError, defineDestinations, defineTrust, memoryReplayStore } from '@countersign/core';
export type {
  DestinationRecord,
  FaultCode,
  KeyStoreOptions,
  Principal,
  TrustRecord,
} from '@countersign/core';
export { principalOf, Refusal, useToken } from '@countersign/core/http';
export type {
  DecisionRecord,
  DecisionRecorder,
  DestinationClient,
  ServiceOptions,
  SubjectResolver,
} from '@countersign/core/http';
