import { type DynamicModule, type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CountersignModule } from '@countersign/nestjs';
import { ConnectionDrain, ProblemFilter } from '@countersign/service-kit';
import type { GatewayConfig } from './config.js';
import { NotificationController } from './forward/notification.controller.js';
import { Upstreams } from './forward/upstreams.js';
import { UserController } from './forward/user.controller.js';
import { GATEWAY_CONFIG } from './gateway-config.js';
import { HealthController } from './health.controller.js';
import { LoginController } from './login/login.controller.js';
import { OpenIdLogin } from './login/open-id-login.js';
import { DecisionBoard } from './page/decision-board.js';
import { pageParts } from './page/page-parts.js';
import { hideAttempts } from './page/attempt.controller.js';
import { AttachSession } from './session/attach-session.js';
import { ENDED_SESSIONS } from './session/ended-sessions.js';
import { openEndedSessions } from './session/ended-sessions-file.js';
import { SEALED_COOKIES, sealedCookies } from './session/sealed-cookies.js';
import { openSessionKey } from './session/session-key.js';
import { Sessions } from './session/sessions.js';

@Module({})
export class AppModule implements NestModule {
  static register(config: GatewayConfig): DynamicModule {
    const board = new DecisionBoard();
    const page = pageParts(config, board);
    return {
      module: AppModule,
      imports: [
        CountersignModule.forRoot({
          service: config.serviceUrl,
          trust: config.trust,
          destinations: config.destinations,
          keys: config.keys,
          decisions: board.feed(),
          requestScope: 'always',
        }),
      ],
      controllers: [
        UserController,
        NotificationController,
        LoginController,
        HealthController,
        ...page.controllers,
      ],
      providers: [
        { provide: GATEWAY_CONFIG, useValue: config },
        {
          provide: SEALED_COOKIES,
          useFactory: () =>
            sealedCookies({
              key: openSessionKey(config.session),
              isSecure: config.publicUrl.startsWith('https:'),
            }),
        },
        { provide: ENDED_SESSIONS, useFactory: () => openEndedSessions(config.session.endedFile) },
        Sessions,
        ...page.providers,
        OpenIdLogin,
        Upstreams,
        ConnectionDrain,
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }

  configure(consumer: MiddlewareConsumer): void {
    // Before the guards, which would tell a stranger that something is there.
    consumer.apply(hideAttempts).forRoutes('development/attempts/*path');
    consumer.apply(AttachSession).forRoutes('api/*path', 'development/attempts/*path');
  }
}
