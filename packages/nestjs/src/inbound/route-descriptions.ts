import { Injectable, RequestMethod } from '@nestjs/common';
import type { Requirement } from '@countersign/core';
import { PATH_METADATA } from './handler-kinds.js';
import { RouteRules } from './route-rules.js';

/** A route of the application and its requirements. */
export interface RouteDescription {
  /** The method in upper case; `ALL` for every method. */
  readonly method: string;
  /** The path of the decorators, such as `/user/:id`, without a global prefix or version. */
  readonly path: string;
  /** `guarded` requires a token, `optional` accepts requests without one, `public` ignores tokens. */
  readonly access: 'public' | 'optional' | 'guarded';
  /** The requirements. All must hold. */
  readonly requirements: readonly Requirement[];
  /** The class names of the policies. */
  readonly policies: readonly string[];
}

/** Lists the routes of the application with their requirements, for documentation, reviews or diagrams. */
@Injectable()
export class RouteDescriptions {
  readonly #rules: RouteRules;

  constructor(rules: RouteRules) {
    this.#rules = rules;
  }

  /** Returns every route with a requirement, in the order of Nest's controllers. */
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
