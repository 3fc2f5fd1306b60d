// What every framework on Node's HTTP shares: a request as it was sent, its state and scope, answers, and calls with tokens.
export { attachedState, keepUserInState, principalOf, rawRequest } from './http/request/request-state.js';
export type {
  AnswerThrown,
  HandledRequest,
  RawRequest,
  RawResponse,
  RequestState,
  StateOwner,
} from './http/request/request-state.js';
export { RequestStates } from './http/request/request-states.js';
export type { RequestStatesOptions } from './http/request/request-states.js';
export { readByteSize } from './http/request/byte-size.js';
export type { ByteSize } from './http/request/byte-size.js';
export { useToken } from './http/request/use-token.js';
export { RequestScope } from './http/request/request-scope.js';
export { SentRequest, sentUrl } from './http/request/sent-request.js';

export type { ResolvedSubject, SubjectResolver } from './http/guard/subject-resolver.js';

export { newInstance, toFaultAnswer } from './http/answers/fault-answer.js';
export type { FaultAnswer, FaultAnswerOptions, Problem } from './http/answers/fault-answer.js';
export type { ChallengeOptions } from './http/answers/challenge.js';
export { publicUrlOf } from './inbound/binding/public-addresses.js';
export type { AddressedService, PublicAddresses } from './inbound/binding/public-addresses.js';
export { sentScheme } from './inbound/token-headers.js';
export type { AnnouncedDpop } from './inbound/verifier.js';
export { KEY_SET_PATH, keySetAnswer } from './http/answers/key-set-answer.js';
export type { DocumentAnswer, PublishedKeys } from './http/answers/key-set-answer.js';
export {
  readResourceMetadata,
  resourceMetadataAnswer,
  resourceMetadataPaths,
  resourceMetadataUrl,
} from './http/answers/resource-metadata.js';
export type { ResourceMetadata, ResourceMetadataOptions } from './http/answers/resource-metadata.js';

export { describePrincipal, isoTime, tokenIdHash } from './http/decision-record.js';
export type { DecisionRecord, DecisionRecorder } from './http/decision-record.js';

export { AuthorizedFetch } from './http/outbound/authorized-fetch.js';
export type { AuthorizedRequestInit } from './http/outbound/authorized-fetch.js';
export { createDestinationClient } from './http/outbound/destination-client.js';
export type { DestinationClient } from './http/outbound/destination-client.js';
export { OutgoingCalls } from './http/outbound/outgoing-calls.js';
export type { OutgoingCallsOptions } from './http/outbound/outgoing-calls.js';
export type { Attempt, CallOptions, OutgoingCall, Transport } from './http/outbound/outgoing-call.js';
export type { BodyStream, CallBody } from './http/outbound/call-body.js';
export { detachedStream } from './http/outbound/detached-stream.js';
export { putOurHeaders } from './http/outbound/outgoing-headers.js';

export { createCountersign } from './service/node-service.js';
export type { NodeCountersign, ServiceCalls } from './service/node-service.js';
export type { CommonOptions, ServiceLogger, ServiceOptions } from './service/service-options.js';
export type { Permits } from './service/service.js';
export {
  authenticated,
  bodyLimit,
  callers,
  open,
  optional,
  policy,
  roles,
  scopes,
} from './service/stating.js';
export type { Stated } from './service/stating.js';
export { Refusal } from './http/answers/refusal.js';
