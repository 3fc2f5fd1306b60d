import { type CommonOptions } from '@countersign/core/http';
import { type Principal } from '@countersign/core';
import { type Route } from '../routes.js';

/** What the handlers of every adapter answer. */
export interface Handled {
  readonly caller: string | undefined;
  readonly subject: string | undefined;
}

export interface ServiceParts {
  readonly options: CommonOptions;
  readonly routes: readonly Route[];
  /** To be called by the handler of a route, which answers with what it returns. */
  readonly handle: (route: Route, principal: Principal | undefined) => Handled;
}

export interface RunningService {
  readonly origin: string;
  close(): Promise<void>;
}

/** One way to serve the routes. */
export interface Adapter {
  readonly name: string;
  /** Whether it speaks HTTP/2 only. */
  readonly isHttp2?: boolean;
  /** Whether the framework refuses bodies above the same limit itself, before any guard. */
  readonly ownBodyLimit?: boolean;
  /** Starts the service on a free port of the loopback interface. */
  start(parts: ServiceParts): Promise<RunningService>;
}
