import { type DevelopmentParts, developmentParts } from '@countersign/service-kit';
import type { GatewayConfig } from '../config.js';
import { AttemptController } from './attempt.controller.js';
import { Attempts } from './attempts.js';
import { DecisionBoard } from './decision-board.js';
import { DecisionController } from './decision.controller.js';
import { OverviewController } from './overview.controller.js';
import { PageController } from './page.controller.js';

/** The page and what it asks for; nothing unless the configuration says so. */
export function pageParts(config: GatewayConfig, board: DecisionBoard): DevelopmentParts {
  if (!config.hasDevelopmentPage) return { controllers: [], providers: [] };
  const { controllers, providers } = developmentParts('gateway', config, board.feed());
  return {
    controllers: [PageController, DecisionController, OverviewController, AttemptController, ...controllers],
    providers: [{ provide: DecisionBoard, useValue: board }, Attempts, ...providers],
  };
}
