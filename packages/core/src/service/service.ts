import { CountersignError } from '../errors.js';
import { newInstance, type FaultAnswer } from '../http/answers/fault-answer.js';
import { KEY_SET_PATH, keySetAnswer, type DocumentAnswer } from '../http/answers/key-set-answer.js';
import { Refusal } from '../http/answers/refusal.js';
import { resourceMetadataAnswer, resourceMetadataPaths } from '../http/answers/resource-metadata.js';
import { InboundDecisions } from '../http/guard/inbound-decisions.js';
import { RequestGuard } from '../http/guard/request-guard.js';
import { type RouteRule } from '../http/guard/statement.js';
import { type SubjectResolver } from '../http/guard/subject-resolver.js';
import { RequestScope } from '../http/request/request-scope.js';
import { RequestStates } from '../http/request/request-states.js';
import {
  rawRequest,
  type HandledRequest,
  type RawRequest,
  type RawResponse,
} from '../http/request/request-state.js';
import { createVerifier, type Verifier } from '../inbound/verifier.js';
import { type Principal } from '../principal.js';
import { type KeyStore } from '../signing-keys/key-store.js';
import { Outgoing } from './outgoing.js';
import { closeOwnKeys, openOwnKeys } from './own-keys.js';
import { toServiceAnswer } from './service-answer.js';
import { consoleLogger, describeFault, refusalsTo } from './service-log.js';
import {
  readCommonOptions,
  type ResolvedCommonOptions,
  type ServiceLogger,
  type ServiceOptions,
} from './service-options.js';
import { fetchTrustedKeys } from './trusted-keys-at-start.js';

/** A rule of an application's own: false refuses the request with `policy_refused`. */
export type Permits<Request> = (principal: Principal, request: Request) => boolean | Promise<boolean>;

/** A request on its way to a handler, as an adapter sees it. */
export interface Arrival {
  /** As the framework hands it to handlers. */
  readonly request: HandledRequest;
  /** The pattern of the route, for records. */
  readonly route: string;
}

/**
 * A service with its keys, the services that it trusts and those that it calls. The adapters for frameworks are made of one: they
 * say which route a request takes and how an answer is sent, and have no check of their own.
 */
export class Service {
  readonly options: ResolvedCommonOptions;
  readonly logger: ServiceLogger;
  readonly keyStore: KeyStore | undefined;
  readonly verifier: Verifier;
  readonly states: RequestStates;
  readonly scope: RequestScope;
  readonly outgoing: Outgoing;
  readonly #guard: RequestGuard<Permits<HandledRequest>, Arrival>;
  readonly #decisions: InboundDecisions<Arrival>;
  readonly #metadataPaths: ReadonlySet<string>;

  /** To be made by `openService`, which opens the keys. */
  constructor(options: ResolvedCommonOptions, { logger, subjects, keyStore }: ServiceParts) {
    const { service, clock, destinations, resourceMetadata } = options;
    const onWarning = (message: string) => {
      logger.warn(message);
    };
    this.options = options;
    this.logger = logger;
    this.keyStore = keyStore;
    this.verifier = createVerifier({
      ...options.verifier,
      ...(keyStore !== undefined && { keyStore }),
      onWarning,
    });
    const { verifier } = this;
    const states = new RequestStates({
      verifier,
      maxBodyBytes: options.maxBodyBytes,
      ...(options.rawBodyProperty !== undefined && { rawBodyProperty: options.rawBodyProperty }),
      requestScope: options.requestScope,
      clock,
      answerThrown: (fault, request) => this.answerThrown(fault, request),
    });
    if (destinations.length === 0 && options.undeclared === 'refuse') states.closeScopes();
    this.states = states;
    this.scope = new RequestScope(states);
    const { tokenHeaders } = verifier;
    this.outgoing = new Outgoing(options, { keyStore, scope: this.scope, onWarning, tokenHeaders });
    this.#guard = new RequestGuard({
      verifier,
      states,
      subjects: () => subjects,
      permits: (permits, principal, { request }) => permits(principal, request),
      nameOf: ({ name }) => (name === '' ? 'a policy without a name' : name),
      identified: () => undefined,
      accepted: () => undefined,
    });
    this.#decisions = new InboundDecisions(
      { service, clock, recorder: options.decisions },
      ({ request, route }) => {
        const { method = '' } = rawRequest(request);
        return { route, method, state: states.of(request) };
      },
    );
    this.#metadataPaths =
      resourceMetadata === undefined ? new Set() : resourceMetadataPaths(resourceMetadata);
  }

  /** Makes the state of a request and runs `next` in its scope. To be called before anything reads the body. */
  enter(request: RawRequest, response: RawResponse, next: () => void): void {
    this.states.enter(request, response, next);
  }

  /**
   * Lets a request pass to a handler, or throws. Records nothing: `allowed` and `refused` do.
   * @param rule undefined where nothing is stated.
   * @returns a promise only where something has to be waited for.
   * @throws CountersignError with the code of the step that fails, and whatever a policy or the subject resolver throws.
   */
  judge(arrival: Arrival, rule: RouteRule<Permits<never>> | undefined): undefined | Promise<void> {
    if (rule?.access === 'public') return undefined;
    // Each adapter hands its own policies the requests of its own framework.
    return this.#guard.judge(
      arrival.request,
      rule as RouteRule<Permits<HandledRequest>> | undefined,
      arrival,
    );
  }

  /** Records that a request was let through to its handler. */
  allowed(arrival: Arrival): void {
    this.#decisions.allowed(arrival);
  }

  /**
   * Records a refusal, and makes the error to answer with. Another object than a fault is handed back as it is; what is no object
   * becomes an error, since frameworks take nothing at all for no error.
   */
  refused(fault: unknown, arrival: Arrival): object {
    if (fault instanceof Refusal) return fault;
    const instance = this.#decisions.refused(arrival, fault);
    if (!(fault instanceof CountersignError)) return thrownObject(fault);
    return new Refusal(fault, this.#answer(fault, rawRequest(arrival.request), instance, false));
  }

  /** The answer to a fault that a handler threw. Logs it: no decision record tells of it. */
  answerThrown(fault: CountersignError, request: RawRequest | undefined): FaultAnswer {
    if (fault instanceof Refusal) return fault.answer;
    const instance = newInstance();
    this.logger.error(describeFault(fault, instance));
    return this.#answer(fault, request, instance, true);
  }

  /**
   * The public documents of this service: its keys, and its metadata where they are asked for.
   * @param path the path of a request, without its query.
   * @param scopes those that routes require; asked only for the metadata.
   */
  wellKnown(path: string, scopes: () => readonly string[]): DocumentAnswer | undefined {
    if (path === KEY_SET_PATH) return this.keyStore === undefined ? undefined : keySetAnswer(this.keyStore);
    const { resourceMetadata } = this.options;
    if (resourceMetadata === undefined || !this.#metadataPaths.has(path)) return undefined;
    const { authorizationServers, dpop, publicAddresses } = this.verifier;
    const sources = { authorizationServers, dpop, publicAddresses, hasKeys: this.keyStore !== undefined };
    return resourceMetadataAnswer(resourceMetadata, sources, scopes());
  }

  /** Closes the keys that it opened itself. */
  async close(): Promise<void> {
    await closeOwnKeys(this.options, this.keyStore);
  }

  #answer(
    fault: CountersignError,
    request: RawRequest | undefined,
    instance: string,
    thrownByHandler: boolean,
  ): FaultAnswer {
    const { options, verifier } = this;
    return toServiceAnswer(fault, request, { options, verifier, instance, thrownByHandler });
  }
}

function thrownObject(thrown: unknown): object {
  const isObject = (typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function';
  return isObject
    ? thrown
    : new Error('a policy or the subject resolver threw what is no error', { cause: thrown });
}

interface ServiceParts {
  readonly subjects: SubjectResolver | undefined;
  readonly logger: ServiceLogger;
  readonly keyStore: KeyStore | undefined;
}

/**
 * Makes a service: checks its options, opens its keys, and has the keys of those that it trusts fetched.
 * @param alsoKnown the options of an adapter's own, which it reads itself.
 * @throws TypeError naming the option that is not valid; and what opening the keys throws.
 */
export async function openService(
  options: ServiceOptions,
  alsoKnown: readonly string[] = [],
): Promise<Service> {
  const { logger = consoleLogger, subjects } = options;
  const common = readCommonOptions(options, ['subjects', 'logger', ...alsoKnown], refusalsTo(logger));
  const keyStore = await openOwnKeys(common, logger);
  const service = new Service(common, { logger, subjects, keyStore });
  try {
    await fetchTrustedKeys(service.verifier, common.hydrate, logger);
  } catch (error) {
    await service.close();
    throw error;
  }
  return service;
}
