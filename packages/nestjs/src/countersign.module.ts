import { randomUUID } from 'node:crypto';
import {
  type DynamicModule,
  Logger,
  Module,
  type NestModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
  type Type,
  Inject,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, DiscoveryModule, DiscoveryService } from '@nestjs/core';
import {
  CountersignError,
  createVerifier,
  type Authorizer,
  type KeyStore,
  type Verifier,
} from '@countersign/core';
import { openAuthorizer } from '@countersign/core/adapter';
import { AuthorizedFetch, OutgoingCalls, RequestScope, RequestStates } from '@countersign/core/http';
import passport from 'passport';
import {
  readOptions,
  type CountersignAsyncOptions,
  type CountersignOptions,
  type ResolvedOptions,
} from './countersign.options.js';
import {
  APPLICATION_GUARD,
  AUTHORIZER,
  COUNTERSIGN_OPTIONS,
  KEY_STORE,
  STRATEGY_NAME,
  VERIFIER,
} from './countersign.tokens.js';
import { providersForOtherCopies, registerCopy } from './copies.js';
import { ApplicationGuard } from './inbound/application.guard.js';
import { ApplicationSubjects } from './inbound/application-subjects.js';
import { FaultAnswers } from './faults/fault-answers.js';
import { FaultFilter } from './faults/fault.filter.js';
import { ExternalHandlers } from './inbound/external-handlers.js';
import { HandlersAtStart } from './inbound/handlers-at-start.js';
import { InboundDecisions } from './telemetry/inbound-decisions.js';
import { logDecisions } from './telemetry/log-decisions.js';
import { Refusals } from './faults/refusals.js';
import { RouteDescriptions } from './inbound/route-descriptions.js';
import { RouteRules } from './inbound/route-rules.js';
import { ScopeOpener } from './request/scope-opener.js';
import { registerServiceJwtStrategy } from './inbound/service-jwt.strategy.js';
import { MARK_SPAN, spanMarker } from './telemetry/span-attributes.js';
import { TRANSPORT_EXCEPTIONS, transportExceptions } from './faults/transport-exceptions.js';
import { JwksController } from './well-known/jwks.controller.js';
import { KeysHealth } from './keys/keys-health.js';
import { OWN_KEYS } from './keys/own-keys.js';
import { TrustedKeysAtStart } from './keys/trusted-keys-at-start.js';
import { METRICS, openMetrics, type Metrics } from './telemetry/metrics.js';
import { getDestinationToken } from './outbound/destination.decorator.js';
import { DestinationClients, destinationProviders } from './outbound/destination-clients.js';
import { KeySetAddress } from './well-known/key-set-address.js';
import { ResourceMetadataRoute } from './well-known/resource-metadata.route.js';
import { ScopeDetection } from './request/scope-detection.js';

/** Protects every handler of the application and authorizes its outgoing calls. Import it once, in the root module. */
@Module({})
export class CountersignModule implements NestModule, OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scopes: ScopeOpener,
    private readonly rules: RouteRules,
    @Inject(STRATEGY_NAME) private readonly strategyName: string,
  ) {}

  /**
   * Configures the module.
   *
   * @example
   * CountersignModule.forRoot({
   *   service: 'https://census.service/',
   *   trust: [{ name: 'login', issuer: 'https://login.example/', claims: 'rfc9068', scopes: ['user:read'] }],
   * });
   *
   * @throws TypeError naming the option that is not valid, before anything starts.
   */
  static forRoot(options: CountersignOptions): DynamicModule {
    const resolved = readOptions(options, logDecisions());
    // Also for what is loaded later, or asks a ModuleRef.
    for (const { name } of resolved.destinations) getDestinationToken(name);
    return moduleWith({
      options: { provide: COUNTERSIGN_OPTIONS, useValue: resolved },
      controllers: resolved.keys === undefined ? [] : [JwksController],
    });
  }

  /** Configures the module with options that a factory makes from other providers, such as a configuration service. */
  static forRootAsync(options: CountersignAsyncOptions): DynamicModule {
    const { imports, inject, subjects, useFactory } = options;
    return moduleWith({
      options: {
        provide: COUNTERSIGN_OPTIONS,
        useFactory: async (...injected: unknown[]) => {
          const made = await useFactory(...injected);
          return readOptions(subjects === undefined ? made : { ...made, subjects }, logDecisions());
        },
        inject: [...(inject ?? [])],
      },
      imports,
      controllers: [JwksController],
    });
  }

  /** @throws CountersignError `config_invalid` when the module was imported with options twice: which would hold? */
  onModuleInit(): void {
    const own = [...this.discovery.getProviders()].filter((wrapper) => wrapper.token === COUNTERSIGN_OPTIONS);
    if (own.length > 1) {
      throw new CountersignError(
        'config_invalid',
        'CountersignModule has options twice; call forRoot once, in the root module',
      );
    }
  }

  /** Nest asks for middleware after the application's own `app.use()`, and before it adds the routes. */
  configure(): void {
    this.scopes.reopen();
    this.rules.noteMethods();
  }

  /** Not earlier: until the server has closed, requests still come in and need the strategy. */
  onApplicationShutdown(): void {
    passport.unuse(this.strategyName);
  }
}

interface ModuleParts {
  readonly options: Provider;
  readonly imports?: DynamicModule['imports'];
  readonly controllers: readonly Type[];
}

function moduleWith({ options, imports = [], controllers }: ModuleParts): DynamicModule {
  return {
    module: CountersignModule,
    global: true,
    imports: [DiscoveryModule, ...imports],
    controllers: [...controllers],
    // Both are read when Nest scans the module. Only then has every class said which destinations it calls, and is every library
    // loaded that has a copy of its own.
    get providers() {
      return [options, ...ENGINE, ...INBOUND, ...OUTBOUND, ...lateProviders()];
    },
    get exports() {
      return [
        ...Object.values(INJECTABLES),
        ...lateProviders().map(({ provide }) => provide),
        VERIFIER,
        KEY_STORE,
        AUTHORIZER,
        STRATEGY_NAME,
        APPLICATION_GUARD,
      ];
    },
  };
}

function lateProviders() {
  return [...providersForOtherCopies(INJECTABLES), ...destinationProviders()];
}

/** What an application injects by its class. */
const INJECTABLES = {
  RequestScope,
  KeysHealth,
  RouteDescriptions,
  AuthorizedFetch,
  OutgoingCalls,
  FaultFilter,
};
registerCopy(INJECTABLES);

/** Core, made from the options. */
const ENGINE: readonly Provider[] = [
  { provide: METRICS, useFactory: () => openMetrics() },
  TrustedKeysAtStart,
  KeysHealth,
  ...OWN_KEYS,
  {
    provide: VERIFIER,
    useFactory: ({ verifier }: ResolvedOptions, keyStore: KeyStore | undefined, metrics: Metrics) => {
      const logger = new Logger('Countersign');
      return createVerifier({
        ...verifier,
        ...(keyStore !== undefined && { keyStore }),
        onWarning: (message) => logger.warn(message),
        onKeyEvent(event) {
          metrics.keyEvent(event);
          verifier.onKeyEvent?.(event);
        },
      });
    },
    inject: [COUNTERSIGN_OPTIONS, KEY_STORE, METRICS],
  },
  {
    provide: AUTHORIZER,
    useFactory: (options: ResolvedOptions, keyStore: KeyStore | undefined) => {
      const logger = new Logger('Countersign');
      return openAuthorizer(options, { keyStore, onWarning: (message) => logger.warn(message) });
    },
    inject: [COUNTERSIGN_OPTIONS, KEY_STORE],
  },
];

const INBOUND: readonly Provider[] = [
  {
    provide: RequestStates,
    useFactory: (
      answers: FaultAnswers,
      verifier: Verifier,
      { maxBodyBytes, rawBodyProperty, requestScope, clock }: ResolvedOptions,
    ) =>
      new RequestStates({
        verifier,
        maxBodyBytes,
        ...(rawBodyProperty !== undefined && { rawBodyProperty }),
        requestScope,
        clock,
        answerThrown: (...thrown) => answers.answerThrown(...thrown),
      }),
    inject: [FaultAnswers, VERIFIER, COUNTERSIGN_OPTIONS],
  },
  {
    provide: RequestScope,
    useFactory: (states: RequestStates) => new RequestScope(states),
    inject: [RequestStates],
  },
  ScopeOpener,
  ScopeDetection,
  RouteRules,
  {
    provide: RouteDescriptions,
    useFactory: (rules: RouteRules) => new RouteDescriptions(rules),
    inject: [RouteRules],
  },
  InboundDecisions,
  KeySetAddress,
  ResourceMetadataRoute,
  {
    provide: STRATEGY_NAME,
    useFactory: (verifier: Verifier, states: RequestStates, answers: FaultAnswers) => {
      const name = `countersign-${randomUUID()}`;
      registerServiceJwtStrategy({ name, verifier, states, answers });
      return name;
    },
    inject: [VERIFIER, RequestStates, FaultAnswers],
  },
  FaultAnswers,
  Refusals,
  { provide: TRANSPORT_EXCEPTIONS, useFactory: transportExceptions },
  { provide: MARK_SPAN, useFactory: spanMarker },
  ApplicationSubjects,
  { provide: APPLICATION_GUARD, useClass: ApplicationGuard },
  { provide: APP_GUARD, useExisting: APPLICATION_GUARD },
  ExternalHandlers,
  HandlersAtStart,
  FaultFilter,
  { provide: APP_FILTER, useExisting: FaultFilter },
];

const OUTBOUND: readonly Provider[] = [
  {
    provide: OutgoingCalls,
    useFactory: (
      authorizer: Authorizer,
      scope: RequestScope,
      { decisions, clock, maxBufferedBodyBytes }: ResolvedOptions,
      { tokenHeaders }: Verifier,
    ) => new OutgoingCalls({ authorizer, scope, decisions, clock, maxBufferedBodyBytes, tokenHeaders }),
    inject: [AUTHORIZER, RequestScope, COUNTERSIGN_OPTIONS, VERIFIER],
  },
  {
    provide: AuthorizedFetch,
    useFactory: (calls: OutgoingCalls) => new AuthorizedFetch(calls),
    inject: [OutgoingCalls],
  },
  DestinationClients,
];
