import { Injectable } from '@nestjs/common';
import { Database } from '@countersign/service-kit';
import { and, eq } from 'drizzle-orm';
import { type Notification, notifications, type NotificationType } from '../schema.js';

export interface NewNotification {
  readonly sender: string;
  readonly idempotencyKey: string | undefined;
  readonly userUri: string;
  readonly type: NotificationType;
  readonly name: string;
  readonly email: string;
}

/** Stores and finds notifications. No access rules: those are on the routes. */
@Injectable()
export class NotificationStore {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<Notification | undefined> {
    const [found] = await this.database.orm.select().from(notifications).where(eq(notifications.id, id));
    return found;
  }

  async findByKey(sender: string, idempotencyKey: string): Promise<Notification | undefined> {
    const isTheOne = and(eq(notifications.sender, sender), eq(notifications.idempotencyKey, idempotencyKey));
    const [found] = await this.database.orm.select().from(notifications).where(isTheOne);
    return found;
  }

  /**
   * Stores a notification, which also queues its mail.
   *
   * When the sender has used the idempotency key before, also a moment ago, the result is that earlier
   * notification, whatever it says: comparing it is the caller's.
   */
  async add(notification: NewNotification): Promise<Notification> {
    const { sender, idempotencyKey } = notification;
    const [added] = await this.database.orm
      .insert(notifications)
      .values(notification)
      .onConflictDoNothing()
      .returning();
    const stored = added ?? (await this.findByKey(sender, idempotencyKey ?? ''));
    if (stored === undefined) throw new Error('the database neither stored the notification nor had it');
    return stored;
  }
}
