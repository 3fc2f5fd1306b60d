import type { ModuleMetadata } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { Verifier } from '@countersign/core';
import { RouteDescriptions, VERIFIER } from '@countersign/nestjs';
import type { DecisionFeed } from '../decision-feed.js';
import type { ServiceConfig } from '../service-config.js';
import { AnswerTimes, DECISION_FEED } from './answer-times.js';
import { TrustController } from './trust.controller.js';
import { TrustDescription } from './trust-description.js';

/** What a module adds for the page of the gateway. */
export type DevelopmentParts = Required<Pick<ModuleMetadata, 'controllers' | 'providers'>>;

/** What the page of the gateway asks a service for; nothing unless the configuration says so. */
export function developmentParts(name: string, config: ServiceConfig, feed: DecisionFeed): DevelopmentParts {
  if (!config.hasDevelopmentPage) return { controllers: [], providers: [] };
  return {
    controllers: [TrustController],
    providers: [
      {
        provide: TrustDescription,
        inject: [VERIFIER, RouteDescriptions],
        useFactory: (verifier: Verifier, routes: RouteDescriptions) =>
          new TrustDescription(name, config, verifier, routes),
      },
      { provide: DECISION_FEED, useValue: feed },
      { provide: APP_INTERCEPTOR, useClass: AnswerTimes },
    ],
  };
}
