import type { Migrations } from '@countersign/service-kit';

/** Herald's schema, step by step. */
export const MIGRATIONS: Migrations = {
  folder: new URL('../migrations/', import.meta.url),
  table: 'herald_migrations',
};
