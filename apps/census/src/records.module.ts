import { type DynamicModule, Module } from '@nestjs/common';
import { Database, openDatabase, type ServiceConfig } from '@countersign/service-kit';
import { MIGRATIONS } from './migrations.js';
import { SERVICE_URL } from './service-url.js';
import { UserStore } from './user-store.js';

/** Census's records, for its own routes and for finding the user behind a call. */
@Module({})
export class RecordsModule {
  static register(config: ServiceConfig): DynamicModule {
    return {
      module: RecordsModule,
      providers: [
        { provide: SERVICE_URL, useValue: config.serviceUrl },
        { provide: Database, useFactory: () => openDatabase(config.database, MIGRATIONS) },
        UserStore,
      ],
      exports: [SERVICE_URL, Database, UserStore],
    };
  }
}
