import { integer, pgTable, text } from 'drizzle-orm/pg-core';

/** What a user may be in census's own records; tokens have no say in it. */
export const ROLES = ['customer', 'support', 'admin'] as const;

/** The table that `migrations/` makes, where also its constraints are. */
export const users = pgTable('users', {
  id: integer().primaryKey().generatedByDefaultAsIdentity(),
  name: text().notNull(),
  email: text().notNull(),
  role: text({ enum: ROLES }).notNull().default('customer'),
});

export type User = typeof users.$inferSelect;
