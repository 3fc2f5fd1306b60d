import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { CountersignError } from '@countersign/core';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS } from '../countersign.tokens.js';
import {
  describePrincipal,
  isoTime,
  newInstance,
  RequestStates,
  type DecisionRecord,
} from '@countersign/core/http';
import { METRICS, type Metrics } from './metrics.js';
import { isHttp, rawRequestOf } from '../request/handled-request.js';

/** Records the one decision about each request to a route that is not public. */
@Injectable()
export class InboundDecisions {
  constructor(
    private readonly states: RequestStates,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  allowed(context: ExecutionContext): void {
    this.#record(context, { decision: 'allowed' });
  }

  /** @returns the `instance` by which an operator finds the record. */
  refused(context: ExecutionContext, fault: unknown): string {
    const instance = newInstance();
    const why = fault instanceof CountersignError ? { code: fault.code, reason: fault.message } : {};
    this.#record(context, { decision: 'refused', ...why, instance });
    return instance;
  }

  #record(context: ExecutionContext, outcome: Outcome): void {
    this.metrics.request(outcome);
    const recorder = this.options.decisions;
    if (recorder.isListening?.() === false) return;
    recorder.record(this.#describe(context, outcome));
  }

  #describe(context: ExecutionContext, outcome: Outcome): DecisionRecord {
    const record: Draft = {
      direction: 'inbound',
      time: isoTime(this.options.clock.now()),
      ...outcome,
    };
    if (!isHttp(context)) return { ...record, route: handlerName(context) };
    const raw = rawRequestOf(context);
    if (raw.method !== undefined) record.method = raw.method;
    record.route = routePattern(context) ?? handlerName(context);
    record.audience = this.options.service;
    const authentication = this.states.of(raw)?.authentication;
    if (authentication === undefined) return record;
    record.bound = authentication.bound;
    record.proven = authentication.proofs.length > 0;
    record.keyId = authentication.keyId;
    return Object.assign(record, describePrincipal(authentication.principal));
  }
}

type Outcome = Pick<DecisionRecord, 'decision' | 'code' | 'reason' | 'instance'>;

/** Filled in member by member: one is made for each request. */
type Draft = { -readonly [Member in keyof DecisionRecord]: DecisionRecord[Member] };

function handlerName(context: ExecutionContext): string {
  return `${context.getClass().name}#${context.getHandler().name}`;
}

/** The route as it was declared, not the path that was asked for: that one comes from outside. */
function routePattern(context: ExecutionContext): string | undefined {
  const request = context.getArgByIndex<{
    readonly route?: { readonly path?: unknown };
    readonly routeOptions?: { readonly url?: unknown };
  }>(0);
  const pattern = request.routeOptions?.url ?? request.route?.path;
  return typeof pattern === 'string' ? pattern : undefined;
}
