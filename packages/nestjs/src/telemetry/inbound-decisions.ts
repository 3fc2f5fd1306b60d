import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { InboundDecisions as CoreDecisions, type DecidedRoute } from '@countersign/core/adapter';
import { RequestStates } from '@countersign/core/http';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS } from '../countersign.tokens.js';
import { isHttp, rawRequestOf } from '../request/handled-request.js';
import { METRICS, type Metrics } from './metrics.js';

/** Records the one decision about each handler that is not public, and counts it. */
@Injectable()
export class InboundDecisions extends CoreDecisions<ExecutionContext> {
  constructor(
    states: RequestStates,
    @Inject(METRICS) metrics: Metrics,
    @Inject(COUNTERSIGN_OPTIONS) { service, clock, decisions }: ResolvedOptions,
  ) {
    const count = metrics.request.bind(metrics);
    super({ service, clock, recorder: decisions, count }, (context) => routeOf(context, states));
  }
}

function routeOf(context: ExecutionContext, states: RequestStates): DecidedRoute {
  const handler = `${context.getClass().name}#${context.getHandler().name}`;
  if (!isHttp(context)) return { route: handler, method: undefined, state: undefined };
  const request = rawRequestOf(context);
  return {
    route: routePattern(context) ?? handler,
    method: request.method,
    state: states.of(request),
  };
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
