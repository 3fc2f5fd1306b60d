// What a package needs that adapts Countersign to a framework, a client or a test kit. Applications need the root only.
export { invalidOption, isScope, OptionsReader, readHttpsUri } from './options.js';
export { frozenSet } from './lib/frozen-set.js';
export { SERVICE_TOKEN_TYPE } from './token.js';
export { boundUri, isWrite, tokenHash } from './binding.js';
export { bodyHash } from './body-hash.js';
export { signToken } from './signing-keys/sign-token.js';

export { extractToken } from './inbound/extract-token.js';
export type { TokenRequest } from './inbound/extract-token.js';

export type { Destination } from './outbound/destination.js';
export { retryableRefusal } from './outbound/retry.js';
export type { RefusedCall } from './outbound/retry.js';
export type { StaticCredential } from './outbound/sources/static-credential.js';

export { InboundDecisions } from './http/guard/inbound-decisions.js';
export type { DecidedRoute, InboundDecisionsOptions } from './http/guard/inbound-decisions.js';
export { RequestGuard } from './http/guard/request-guard.js';
export type { RequestGuardParts } from './http/guard/request-guard.js';
export { combineStatements, refuseContradiction, requiredScopes } from './http/guard/statement.js';
export type { BodyLimit, RouteRule, Statement, StatementNames } from './http/guard/statement.js';

export { openAuthorizer } from './service/outgoing.js';
export { closeOwnKeys, openOwnKeys } from './service/own-keys.js';
export { toServiceAnswer } from './service/service-answer.js';
export type { ServiceAnswerOptions } from './service/service-answer.js';
export { describeFault } from './service/service-log.js';
export { fetchTrustedKeys } from './service/trusted-keys-at-start.js';
export { openService, Service } from './service/service.js';
export type { Arrival } from './service/service.js';
export { callsOf } from './service/node-service.js';
export { readCommonOptions } from './service/service-options.js';
export type { ResolvedCommonOptions } from './service/service-options.js';
export { describeRule, ruleOf, STATING_NAMES } from './service/stating.js';
export type { RuleDescription } from './service/stating.js';
