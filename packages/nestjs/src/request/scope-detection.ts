import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { AuthorizedFetch, OutgoingCalls, RequestScope, RequestStates } from '@countersign/core/http';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS } from '../countersign.tokens.js';
import { type Wrapper, wrappersIn } from '../lib/nest-modules.js';
import { hasAdapter } from './scope-opener.js';

/** By what the application reads the scope of a request. */
const READERS: ReadonlySet<unknown> = new Set([RequestScope, OutgoingCalls, AuthorizedFetch]);

/**
 * Finds out at start whether anybody can read the scope of a request: something of the application has a reader injected,
 * or there are destinations to call. If not, requests have none.
 * Does not see who asks `app.get()` or a `ModuleRef` later: that is what `requestScope: 'always'` is for.
 */
@Injectable()
export class ScopeDetection implements OnModuleInit {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly host: HttpAdapterHost,
    private readonly states: RequestStates,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** All that is injected is known by now: Nest makes everything before it calls this. */
  onModuleInit(): void {
    // Without HTTP there is no request to have one, and whoever asks is told just that.
    if (!hasAdapter(this.host)) return;
    if (this.options.destinations.length > 0 || this.#ofTheApplication().some(hasReader)) return;
    this.states.closeScopes();
  }

  /** Everything that Nest makes, but what is ours. */
  #ofTheApplication(): readonly Wrapper[] {
    const modules = [...this.modules.values()];
    return wrappersIn(modules.filter(({ providers }) => !providers.has(COUNTERSIGN_OPTIONS)));
  }
}

function hasReader(wrapper: Wrapper): boolean {
  const byProperty = orNone(wrapper.getPropertiesMetadata()).map(({ wrapper: injected }) => injected);
  const injected = [...orNone(wrapper.getCtorMetadata()), ...byProperty];
  return injected.some(({ token }) => READERS.has(token));
}

/** Nest says nothing, whatever the type says, of what has nothing injected. */
function orNone<Each>(injected: readonly Each[] | undefined): readonly Each[] {
  return injected ?? [];
}
