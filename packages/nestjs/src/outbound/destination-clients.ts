import { Inject, Injectable, type OnModuleInit, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type Authorizer } from '@countersign/core';
import { invalidOption } from '@countersign/core/adapter';
import { AuthorizedFetch, createDestinationClient, type DestinationClient } from '@countersign/core/http';
import { AUTHORIZER } from '../countersign.tokens.js';
import { type Wrapper, wrappersIn } from '../lib/nest-modules.js';
import { askedBy, askedNames, getDestinationToken, nameOfToken } from './destination.decorator.js';

/** The clients of all declared destinations, by name. */
@Injectable()
export class DestinationClients implements OnModuleInit {
  readonly #byName: ReadonlyMap<string, DestinationClient>;

  /** @throws TypeError when something of the application asks for a destination that is not declared. */
  constructor(
    private readonly modules: ModulesContainer,
    calls: AuthorizedFetch,
    @Inject(AUTHORIZER) authorizer: Authorizer,
  ) {
    const clients = authorizer.destinations.map((each) =>
      createDestinationClient(each, { authorizer, calls }),
    );
    this.#byName = new Map(clients.map((client) => [client.name, client]));
    this.#refuseUnknown();
  }

  /** Once more: only now is it known what is injected into middleware. */
  onModuleInit(): void {
    this.#refuseUnknown();
  }

  /** Undefined for a name that is not declared, which nothing of this application asks for. */
  named(name: string): DestinationClient | undefined {
    return this.#byName.get(name);
  }

  #refuseUnknown(): void {
    const wrappers = wrappersIn(this.modules.values());
    const standIns = new Set(wrappers.filter(isStandIn).map(({ token }) => nameOfToken(token)));
    for (const wrapper of wrappers) {
      const name = asksFor(wrapper).find((each) => !this.#byName.has(each) && !standIns.has(each));
      if (name === undefined) continue;
      const declared = [...this.#byName.keys()].join(', ') || 'none';
      const asks = `${String(wrapper.name)} calls by its name`;
      throw invalidOption(
        'destinations',
        `must declare ${JSON.stringify(name)}, which ${asks}; declared: ${declared}`,
      );
    }
  }
}

/** Provides a client for every name that was asked for. To be called when Nest scans the modules: all classes are known then. */
export function destinationProviders(): readonly (Provider & { readonly provide: symbol })[] {
  return [...askedNames()].map((name) => ({
    provide: getDestinationToken(name),
    useFactory: (clients: DestinationClients) => clients.named(name),
    inject: [DestinationClients],
  }));
}

/** Whether somebody else provides the client of a destination, as a test does. */
function isStandIn({ token, inject }: Wrapper): boolean {
  return nameOfToken(token) !== undefined && inject?.[0] !== DestinationClients;
}

/** The destinations that something of the application has injected, by a decorator or into its factory. */
function asksFor({ metatype, inject }: Wrapper): readonly string[] {
  const ofFactory = (inject ?? []).map(nameOfToken).filter((name) => name !== undefined);
  // Of a factory it is the function itself.
  return typeof metatype === 'function' ? [...askedBy(metatype), ...ofFactory] : ofFactory;
}
