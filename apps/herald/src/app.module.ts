import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CountersignModule } from '@countersign/nestjs';
import {
  Database,
  decisionFeed,
  developmentParts,
  openDatabase,
  ProblemFilter,
  ConnectionDrain,
} from '@countersign/service-kit';
import { DEFAULT_BACK_OFF } from './back-off.js';
import type { HeraldConfig } from './config.js';
import { HealthController } from './health.controller.js';
import { MailController } from './mail/mail.controller.js';
import { MailServer } from './mail/mail-server.js';
import { MailWorker } from './mail/mail-worker.js';
import { MIGRATIONS } from './migrations.js';
import { NotificationStore } from './notifications/notification-store.js';
import { NotificationController } from './notifications/notification.controller.js';
import { MaySeeNotification } from './notifications/notification.policies.js';
import { Notifications } from './notifications/notifications.js';
import { Outbox } from './outbox.js';
import { Recipients } from './recipients.js';
import { SERVICE_URL } from './service-url.js';

@Module({})
export class AppModule {
  static register(config: HeraldConfig): DynamicModule {
    const feed = decisionFeed('herald', config.decisionsUrl);
    const development = developmentParts('herald', config, feed);
    return {
      module: AppModule,
      imports: [
        CountersignModule.forRoot({
          service: config.serviceUrl,
          trust: config.trust,
          destinations: config.destinations,
          keys: config.keys,
          decisions: feed,
          requestScope: 'always',
        }),
      ],
      controllers: [
        NotificationController,
        HealthController,
        ...development.controllers,
        ...(config.hasDevelopmentPage ? [MailController] : []),
      ],
      providers: [
        ...development.providers,
        { provide: SERVICE_URL, useValue: config.serviceUrl },
        { provide: Database, useFactory: () => openDatabase(config.database, MIGRATIONS) },
        NotificationStore,
        Recipients,
        Notifications,
        MaySeeNotification,
        ...mailProviders(config),
        ConnectionDrain,
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}

function mailProviders({ mail }: HeraldConfig): Provider[] {
  return [
    Outbox,
    { provide: MailServer, useFactory: () => MailServer.open(mail) },
    {
      provide: MailWorker,
      inject: [Outbox, MailServer],
      useFactory: (outbox: Outbox, { sender }: MailServer) =>
        new MailWorker(outbox, sender, { leaseSeconds: mail.leaseSeconds, backOff: DEFAULT_BACK_OFF }),
    },
  ];
}
