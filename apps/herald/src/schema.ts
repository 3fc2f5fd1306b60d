import { integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** What herald can send. */
export const NOTIFICATION_TYPES = ['welcome-message'] as const;

export type NotificationType = (typeof NOTIFICATION_TYPES)[number];

/** The table that `migrations/` makes, where also its constraints are. It is the outbox as well: see `outbox.ts`. */
export const notifications = pgTable('notifications', {
  id: uuid().primaryKey().defaultRandom(),
  /** The subject in whose name it was sent. */
  sender: text().notNull(),
  /** Unique for each sender. */
  idempotencyKey: text('idempotency_key'),
  userUri: text('user_uri').notNull(),
  type: text({ enum: NOTIFICATION_TYPES }).notNull(),
  /** The user's name and address as they were when the notification was accepted. */
  name: text().notNull(),
  email: text().notNull(),
  state: text({ enum: ['queued', 'sent', 'failed'] })
    .notNull()
    .default('queued'),
  attempts: integer().notNull().default(0),
  /** When a worker may take it next; in the future while one has it. */
  nextAttemptAt: timestamp('next_attempt_at', { withTimezone: true }).notNull().defaultNow(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});

export type Notification = typeof notifications.$inferSelect;
