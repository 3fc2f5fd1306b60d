import { randomUUID } from 'node:crypto';
import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { CountersignError } from '@countersign/core';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS } from '../countersign.tokens.js';
import { describePrincipal, isoTime, type DecisionRecord } from '../decisions.js';
import { METRICS, type Metrics } from '../metrics.js';
import { noteRaised } from './raised-faults.js';
import { rawRequestOf, RequestStates } from './request-scope.js';

/** Records the one decision about each request to a route that is not public. */
@Injectable()
export class InboundDecisions {
  constructor(
    private readonly states: RequestStates,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  allowed(context: ExecutionContext): void {
    this.#record({ ...this.#describe(context), decision: 'allowed' });
  }

  refused(context: ExecutionContext, fault: unknown): void {
    const instance = newInstance();
    noteRaised(fault);
    const state = context.getType() === 'http' ? this.states.of(rawRequestOf(context)) : undefined;
    if (state !== undefined) state.refusal = { fault, instance };
    const why = fault instanceof CountersignError ? { code: fault.code, reason: fault.message } : {};
    this.#record({ ...this.#describe(context), decision: 'refused', ...why, instance });
  }

  #record(decision: DecisionRecord): void {
    this.metrics.request(decision);
    this.options.decisions.record(decision);
  }

  #describe(context: ExecutionContext): Omit<DecisionRecord, 'decision'> {
    const where = { direction: 'inbound', time: isoTime(this.options.clock.now()) } as const;
    const handler = `${context.getClass().name}#${context.getHandler().name}`;
    if (context.getType() !== 'http') return { ...where, route: handler };
    const raw = rawRequestOf(context);
    const authentication = this.states.of(raw)?.authentication;
    return {
      ...where,
      ...(raw.method !== undefined && { method: raw.method }),
      route: routePattern(context) ?? handler,
      audience: this.options.service,
      ...(authentication !== undefined && {
        ...describePrincipal(authentication.principal),
        bound: authentication.bound,
        proven: authentication.proofs.length > 0,
        keyId: authentication.keyId,
      }),
    };
  }
}

/** The `instance` of a problem (RFC 9457 section 3.1.5), by which an operator finds its record. */
export function newInstance(): string {
  return `urn:uuid:${randomUUID()}`;
}

/** The route as it was declared, not the path that was asked for: that one comes from outside. */
function routePattern(context: ExecutionContext): string | undefined {
  const request: {
    readonly route?: { readonly path?: unknown };
    readonly routeOptions?: { readonly url?: unknown };
  } = context.switchToHttp().getRequest();
  const pattern = request.routeOptions?.url ?? request.route?.path;
  return typeof pattern === 'string' ? pattern : undefined;
}
