import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CountersignModule } from '@countersign/nestjs';
import { ProblemFilter, type ServiceConfig, ShutdownDeadline } from '@countersign/service-kit';
import { HealthController } from './health.controller.js';
import { RecordsModule } from './records.module.js';
import { UserController } from './user.controller.js';
import { UserSubjects } from './user-subjects.js';
import { MayChangeUser, MaySeeUser } from './user.policies.js';

@Module({})
export class AppModule {
  static register(config: ServiceConfig): DynamicModule {
    const records = RecordsModule.register(config);
    return {
      module: AppModule,
      imports: [
        records,
        CountersignModule.forRootAsync({
          imports: [records],
          useFactory: () => ({
            service: config.serviceUrl,
            trust: config.trust,
            destinations: config.destinations,
            keys: { directory: config.keysDirectory },
          }),
          subjects: UserSubjects,
        }),
      ],
      controllers: [UserController, HealthController],
      providers: [
        MaySeeUser,
        MayChangeUser,
        ShutdownDeadline,
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}
