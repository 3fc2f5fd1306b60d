export { countersign } from './plugin.js';
export type { Countersign, CountersignOptions } from './plugin.js';
export type { Requirement } from './context-requirements.js';
export type { RouteDescription } from './route-rules.js';
export { policy } from './stating.js';

export { CountersignError, defineDestinations, defineTrust, memoryReplayStore } from '@countersign/core';
export type {
  DestinationRecord,
  FaultCode,
  KeyStoreOptions,
  Principal,
  TrustRecord,
} from '@countersign/core';
export { authenticated, callers, open, optional, principalOf, roles, scopes } from '@countersign/core/http';
export type {
  DecisionRecord,
  DecisionRecorder,
  DestinationClient,
  ServiceOptions,
  SubjectResolver,
} from '@countersign/core/http';
