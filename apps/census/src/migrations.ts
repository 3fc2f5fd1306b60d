import type { Migrations } from '@countersign/service-kit';

/** Census's schema, step by step. */
export const MIGRATIONS: Migrations = {
  folder: new URL('../migrations/', import.meta.url),
  table: 'census_migrations',
};
