import { Injectable } from '@nestjs/common';
import { Database } from '@countersign/service-kit';
import { and, asc, eq, lte, sql } from 'drizzle-orm';
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core';
import { type Notification, notifications } from './schema.js';

/**
 * The queue of mails to send: the queued rows of the notifications table.
 *
 * A worker claims rows by moving their next attempt to the end of a lease; a row whose worker died is due
 * again when the lease ends. All times are the database's, so workers need not agree on the time.
 */
@Injectable()
export class Outbox {
  constructor(private readonly database: Database) {}

  /**
   * Takes up to `limit` due mails, each for this worker alone until the lease ends.
   *
   * Atomic: workers that ask at the same time get different rows, and none waits for another.
   */
  async claim(limit: number, leaseSeconds: number): Promise<readonly Notification[]> {
    const { orm } = this.database;
    const due = orm.$with('due').as(
      orm
        .select({ id: notifications.id })
        .from(notifications)
        .where(and(eq(notifications.state, 'queued'), lte(notifications.nextAttemptAt, sql`now()`)))
        .orderBy(asc(notifications.nextAttemptAt))
        .limit(limit)
        .for('update', { skipLocked: true }),
    );
    return orm
      .with(due)
      .update(notifications)
      .set({ attempts: sql`${notifications.attempts} + 1`, nextAttemptAt: secondsFromNow(leaseSeconds) })
      .where(sql`${notifications.id} in (select id from ${due})`)
      .returning();
  }

  /** The mail has left. True whoever holds the lease by now, so there is no fence: it saves a second mail. */
  async markSent({ id }: Notification): Promise<void> {
    await this.database.orm.update(notifications).set({ state: 'sent' }).where(eq(notifications.id, id));
  }

  /** Due again after the delay. Changes nothing when the lease was lost and another worker has tried since. */
  async retryAfter(claimed: Notification, delaySeconds: number): Promise<void> {
    await this.update(claimed, { nextAttemptAt: secondsFromNow(delaySeconds) });
  }

  /** Will not be tried again. Changes nothing when the lease was lost and another worker has tried since. */
  async giveUp(claimed: Notification): Promise<void> {
    await this.update(claimed, { state: 'failed' });
  }

  private async update(
    claimed: Notification,
    change: PgUpdateSetSource<typeof notifications>,
  ): Promise<void> {
    const isStillMine = and(
      eq(notifications.id, claimed.id),
      eq(notifications.state, 'queued'),
      eq(notifications.attempts, claimed.attempts),
    );
    await this.database.orm.update(notifications).set(change).where(isStillMine);
  }
}

function secondsFromNow(seconds: number) {
  return sql<Date>`now() + make_interval(secs => ${seconds})`;
}
