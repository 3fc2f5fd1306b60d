import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Principal } from '@countersign/core';
import { type Stated } from '@countersign/core/http';

/** What `scopes()` and its companions make. */
export type Requirement = Stated<FastifyRequest, Principal | undefined>;

/** What is stated for whole contexts: it holds for their routes, and for those of the contexts in them. */
export class ContextRequirements {
  readonly #stated = new WeakMap<object, readonly Requirement[]>();

  add(instance: FastifyInstance, requirements: readonly Requirement[]): void {
    this.#stated.set(instance, [...(this.#stated.get(instance) ?? []), ...requirements]);
  }

  /** From the outermost to the innermost. Fastify makes the prototype of a context that which holds it. */
  for(instance: FastifyInstance): readonly Requirement[] {
    const found: Requirement[] = [];
    for (
      let context: object | null = instance;
      context !== null;
      context = Object.getPrototypeOf(context) as object | null
    )
      found.unshift(...(this.#stated.get(context) ?? []));
    return found;
  }
}
