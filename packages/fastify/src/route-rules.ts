import { type FastifyRequest } from 'fastify';
import { CountersignError } from '@countersign/core';
import { describeRule, ruleOf, type RouteRule, type RuleDescription } from '@countersign/core/adapter';
import { bodyLimit as statedLimit, open, type Permits } from '@countersign/core/http';
import { type AddedRoute } from './added-routes.js';
import { type ContextRequirements, type Requirement } from './context-requirements.js';

/** A route and its requirements. */
export interface RouteDescription extends RuleDescription {
  /** In capitals; several are separated by a comma. */
  readonly method: string;
  /** The pattern of the route, with the prefixes of its contexts. */
  readonly url: string;
}

/** States of our own documents that everybody may read them, whatever their context requires. */
export const PUBLISHED = open();

type Rule = RouteRule<Permits<FastifyRequest>>;

/** The rules of the routes of one instance of the plugin: what their contexts and they themselves state, added up. */
export class RouteRules {
  readonly #contexts: ContextRequirements;
  readonly #known: AddedRoute[];
  /** By the `config` that Fastify keeps for each route. */
  readonly #rules = new WeakMap<object, { readonly rule: Rule | undefined }>();

  /** @param early the routes that were there before. */
  constructor(contexts: ContextRequirements, early: readonly AddedRoute[]) {
    this.#contexts = contexts;
    this.#known = [...early];
  }

  /**
   * Notes a route that is being added.
   * @throws CountersignError `policy_missing` when nothing says who may call it, `config_invalid` when two requirements cannot both
   * hold.
   */
  add(route: AddedRoute): void {
    if (this.#ruleOf(route) === undefined)
      throw new CountersignError(
        'policy_missing',
        `nothing says who may call ${nameOf(route)}; add config: { countersign: scopes('...') }, another requirement, or open()`,
      );
    this.#known.push(route);
  }

  /** The rule of the route that a request takes; undefined where nothing is stated. */
  of(request: FastifyRequest): Rule | undefined {
    const { config, method, url = '', bodyLimit } = request.routeOptions;
    const found = this.#rules.get(config);
    if (found !== undefined) return found.rule;
    const { server } = request;
    // A route has the limit of the server where it names none.
    const ownLimit = bodyLimit === server.initialConfig.bodyLimit ? undefined : bodyLimit;
    const options = { config, bodyLimit: ownLimit };
    const rule = this.#ruleOf({ method, url, instance: server, options });
    this.#rules.set(config, { rule });
    return rule;
  }

  /** @throws CountersignError `config_invalid` when two requirements of a route cannot both hold. */
  describe(): readonly RouteDescription[] {
    return this.#known.map((known) => ({
      method: [known.method].flat().join(', '),
      url: known.url,
      ...describeRule(this.#ruleOf(known)),
    }));
  }

  #ruleOf(known: AddedRoute): Rule | undefined {
    const { config = {}, bodyLimit } = known.options;
    if (config.countersign === PUBLISHED) return ruleOf([PUBLISHED], nameOf(known));
    const own: readonly Requirement[] = [config.countersign ?? []].flat();
    const limit: readonly Requirement[] = bodyLimit === undefined ? [] : [statedLimit(bodyLimit)];
    return ruleOf([...this.#contexts.for(known.instance), ...own, ...limit], nameOf(known));
  }
}

function nameOf({ method, url }: Pick<AddedRoute, 'method' | 'url'>): string {
  return `${[method].flat().join(', ')} ${url}`;
}
