import { Injectable, RequestMethod } from '@nestjs/common';
import type { Requirement } from '@countersign/core';
import { PATH_METADATA } from './handler-kinds.js';
import { RouteRules } from './route-rules.js';

/** One route of the application, and who may call it. */
export interface RouteDescription {
  /** Upper case; `ALL` for a route that takes every method. */
  readonly method: string;
  /** As the decorators say it, such as `/user/:id`; without a global prefix or a version. */
  readonly path: string;
  /** `guarded` needs a token, `optional` takes one, `public` looks at none. */
  readonly access: 'public' | 'optional' | 'guarded';
  /** What must hold, all of it. */
  readonly requirements: readonly Requirement[];
  /** The names of the application's own rules. */
  readonly policies: readonly string[];
}

/** Who may call which route, to be read: for documentation, a review, or a picture. Changes nothing. */
@Injectable()
export class RouteDescriptions {
  readonly #rules: RouteRules;

  constructor(rules: RouteRules) {
    this.#rules = rules;
  }

  /** Every route, in the order in which Nest knows its controllers. One that states nothing is not listed. */
  list(): readonly RouteDescription[] {
    return this.#rules.routes().flatMap(({ type, method: handler, rule }) =>
      pathsOf(type).flatMap((prefix) =>
        pathsOf(handler).map((path) => ({
          method: methodOf(handler),
          path: joined(prefix, path),
          access: rule.access,
          requirements: rule.requirements,
          policies: rule.policies.map(({ name }) => name),
        })),
      ),
    );
  }
}

/** Under this name Nest keeps the method of a route; without one it takes them all. */
const METHOD_METADATA = 'method';

function pathsOf(target: object): readonly string[] {
  const paths: unknown = Reflect.getMetadata(PATH_METADATA, target);
  const list: readonly unknown[] = Array.isArray(paths) ? paths : [paths];
  return list.map((path) => (typeof path === 'string' ? path : ''));
}

function methodOf(handler: object): string {
  const method: unknown = Reflect.getMetadata(METHOD_METADATA, handler);
  return (typeof method === 'number' ? RequestMethod[method] : undefined) ?? 'ALL';
}

function joined(...parts: readonly string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter((part) => part !== '')
    .join('/')}`;
}
