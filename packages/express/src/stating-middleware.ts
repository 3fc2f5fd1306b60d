import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Stated } from '@countersign/core/http';
import { type Request } from 'express';
import { type Next } from './express-types.js';

/** Middleware that states who may call a route, or every route of a router. */
export interface Stating extends Stated<Request> {
  (request: IncomingMessage, response: ServerResponse, next: Next): void;
}

/** By this every copy of this package knows middleware that states something. */
const STATING = Symbol.for('countersign:express-stating');

/** Whether a middleware states who may call. */
export function isStating(handle: unknown): handle is Stating {
  return typeof handle === 'function' && STATING in handle;
}

/** Makes middleware of what is stated. */
export function toMiddleware(
  { statements }: Pick<Stated<Request>, 'statements'>,
  run: (stating: Stating, ...given: Parameters<Stating>) => void,
): Stating {
  const middleware = (...given: Parameters<Stating>): void => {
    run(made, ...given);
  };
  const made: Stating = Object.assign(middleware, { statements, [STATING]: true as const });
  return made;
}

/** Whether it lets everybody in. */
export function isOpen({ statements }: Stating): boolean {
  return statements.every(({ kind }) => kind === 'public' || kind === 'bodyLimit');
}

/** The limit of the body, of middleware that says nothing about who may call. */
export function limitOf({ statements }: Stating): number | undefined {
  const [statement] = statements;
  return statement?.kind === 'bodyLimit' ? statement.bytes : undefined;
}
