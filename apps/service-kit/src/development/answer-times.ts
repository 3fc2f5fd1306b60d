import { ServerResponse } from 'node:http';
import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { RequestScope } from '@countersign/nestjs';
import type { Observable } from 'rxjs';
import type { DecisionFeed } from '../decision-feed.js';

/** Injects a `DecisionFeed`. */
export const DECISION_FEED = Symbol('DECISION_FEED');

interface AskedRequest {
  readonly method: string;
  readonly route?: { readonly path?: unknown };
}

/** Tells the feed when a request that was let in has its answer, and how long that took. */
@Injectable()
export class AnswerTimes implements NestInterceptor {
  constructor(
    private readonly scope: RequestScope,
    @Inject(DECISION_FEED) private readonly feed: DecisionFeed,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { transactionId } = this.scope;
    if (transactionId !== undefined) this.#watch(context, transactionId);
    return next.handle();
  }

  #watch(context: ExecutionContext, transactionId: string): void {
    const started = performance.now();
    const { method, route } = context.switchToHttp().getRequest<AskedRequest>();
    const response = context.switchToHttp().getResponse<ServerResponse>();
    response.once('finish', () => {
      this.feed.answered({
        direction: 'answer',
        time: new Date().toISOString(),
        transactionId,
        method,
        route: typeof route?.path === 'string' ? route.path : '',
        status: response.statusCode,
        tookMs: Math.round((performance.now() - started) * 10) / 10,
      });
    });
  }
}
