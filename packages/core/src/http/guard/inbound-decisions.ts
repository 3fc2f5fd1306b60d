import { type Clock } from '../../clock.js';
import { CountersignError } from '../../errors.js';
import { newInstance } from '../answers/fault-answer.js';
import {
  describePrincipal,
  isoTime,
  type DecisionRecord,
  type DecisionRecorder,
} from '../decision-record.js';
import { type RequestState } from '../request/request-state.js';

/** The options of `InboundDecisions`. */
export interface InboundDecisionsOptions {
  /** The identifier of this service. */
  readonly service: string;
  readonly clock: Clock;
  readonly recorder: DecisionRecorder;
  /** Counts every decision, also those that nobody records. Default: nothing is counted. */
  readonly count?: (outcome: Pick<DecisionRecord, 'decision' | 'code'>) => void;
}

/** What is recorded of a handler beside the decision. */
export interface DecidedRoute {
  /** The pattern of the route, or the name of the handler; never the path that was asked for, which comes from outside. */
  readonly route: string;
  /** Undefined for a handler that does not answer HTTP. */
  readonly method: string | undefined;
  /** Undefined for a handler that does not answer HTTP, and for a request that never passed `enter`. */
  readonly state: RequestState | undefined;
}

type Outcome = Pick<DecisionRecord, 'decision' | 'code' | 'reason' | 'instance'>;

/** Filled in member by member: one is made for each request. */
type Draft = { -readonly [Member in keyof DecisionRecord]: DecisionRecord[Member] };

/** Records the one decision about each request to a route that is not public. */
export class InboundDecisions<Context> {
  readonly #options: InboundDecisionsOptions;
  readonly #describe: (context: Context) => DecidedRoute;

  /** @param describe asked only where somebody records. */
  constructor(options: InboundDecisionsOptions, describe: (context: Context) => DecidedRoute) {
    this.#options = options;
    this.#describe = describe;
  }

  allowed(context: Context): void {
    this.#record(context, { decision: 'allowed' });
  }

  /** @returns the `instance` by which an operator finds the record. */
  refused(context: Context, fault: unknown): string {
    const instance = newInstance();
    const why = fault instanceof CountersignError ? { code: fault.code, reason: fault.message } : {};
    this.#record(context, { decision: 'refused', ...why, instance });
    return instance;
  }

  #record(context: Context, outcome: Outcome): void {
    const { recorder, count } = this.#options;
    count?.(outcome);
    if (recorder.isListening?.(outcome.decision) === false) return;
    recorder.record(this.#recordOf(context, outcome));
  }

  #recordOf(context: Context, outcome: Outcome): DecisionRecord {
    const { clock, service } = this.#options;
    const { route, method, state } = this.#describe(context);
    const record: Draft = { direction: 'inbound', time: isoTime(clock.now()), ...outcome };
    if (method !== undefined) record.method = method;
    record.route = route;
    if (method !== undefined) record.audience = service;
    const authentication = state?.authentication;
    if (authentication === undefined) return record;
    record.bound = authentication.bound;
    record.proven = authentication.proofs.length > 0;
    record.keyId = authentication.keyId;
    return Object.assign(record, describePrincipal(authentication.principal));
  }
}
