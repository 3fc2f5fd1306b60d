import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CountersignModule } from '@countersign/nestjs';
import {
  Database,
  decisionFeed,
  developmentParts,
  openDatabase,
  ProblemFilter,
  type ServiceConfig,
  ConnectionDrain,
} from '@countersign/service-kit';
import { HealthController } from './health.controller.js';
import { MIGRATIONS } from './migrations.js';
import { SERVICE_URL } from './service-url.js';
import { UserStore } from './user-store.js';
import { Users } from './users.js';
import { UserController } from './user.controller.js';
import { MayChangeUser, MaySeeUser } from './user.policies.js';
import { UserSubjects } from './user-subjects.js';

@Module({})
export class AppModule {
  static register(config: ServiceConfig): DynamicModule {
    const feed = decisionFeed('census', config.decisionsUrl);
    const development = developmentParts('census', config, feed);
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
          subjects: UserSubjects,
        }),
      ],
      controllers: [UserController, HealthController, ...development.controllers],
      providers: [
        ...development.providers,
        { provide: SERVICE_URL, useValue: config.serviceUrl },
        { provide: Database, useFactory: () => openDatabase(config.database, MIGRATIONS) },
        UserStore,
        Users,
        UserSubjects,
        MaySeeUser,
        MayChangeUser,
        ConnectionDrain,
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}
