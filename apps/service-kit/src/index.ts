export { pageHeaders, setAnswerHeaders } from './answer-headers.js';
export { isUniqueViolation } from './database/database-errors.js';
export {
  Database,
  type DatabaseLocation,
  type Migrations,
  openDatabase,
  type Orm,
} from './database/database.js';
export {
  commonVariables,
  ConfigError,
  type Environment,
  readEnvironment,
  readJsonFile,
} from './environment.js';
export { decisionFeed } from './decision-feed.js';
export type { AnswerRecord, DecisionFeed } from './decision-feed.js';
export { type DevelopmentParts, developmentParts } from './development/development-parts.js';
export { rememberForwarding } from './development/forwarding.js';
export { type Asker, isLoopbackUrl, isStranger, refuseStrangers } from './development/refuse-strangers.js';
export { type ClaimedCall, signCall } from './development/sign-call.js';
export {
  type CalledService,
  type TrustedCaller,
  TrustDescription,
  type TrustView,
} from './development/trust-description.js';
export { errorCode } from './error-code.js';
export { escapeHtml } from './escape-html.js';
export { parseInput } from './problems/parse-input.js';
export { problemAnswer } from './problems/problem-answer.js';
export type { ProblemAnswer, ProblemDocument } from './problems/problem-answer.js';
export { ProblemFilter } from './problems/problem.filter.js';
export { type InputFault, inputInvalid, notFound, Problem, type ProblemOptions } from './problems/problem.js';
export { isAboutUs, readProblem, type ReceivedProblem } from './problems/received-problem.js';
export { createServiceApp, listen, loggerOptions, runService, type ServiceAddress } from './run-service.js';
export { type DefaultFiles, type ServiceConfig, toServiceConfig } from './service-config.js';
export { ConnectionDrain } from './connection-drain.js';
export { uriRoot } from './uri-root.js';
