import { Injectable } from '@nestjs/common';
import { Problem } from '@countersign/service-kit';
import { MailWorker } from '../mail/mail-worker.js';
import { NotificationStore } from './notification-store.js';
import { Recipients } from '../recipients.js';
import type { Notification, NotificationType } from '../schema.js';

export interface SendRequest {
  readonly sender: string;
  readonly user: string;
  readonly type: NotificationType;
  /** Scoped to the sender: two senders may use the same. */
  readonly idempotencyKey: string | undefined;
}

/** Accepts notifications: an accepted one is stored, and its mail will be sent. */
@Injectable()
export class Notifications {
  constructor(
    private readonly recipients: Recipients,
    private readonly store: NotificationStore,
    private readonly worker: MailWorker,
  ) {}

  /**
   * @throws Problem `input_invalid` when `user` is no user's URI, also with a key that was used, and
   * `idempotency_key_reused` when the sender used the key for another notification.
   */
  async send(request: SendRequest): Promise<Notification> {
    const { sender, user, idempotencyKey } = request;
    this.recipients.locate(user);
    const earlier =
      idempotencyKey === undefined ? undefined : await this.store.findByKey(sender, idempotencyKey);
    const notification = earlier ?? (await this.accept(request));
    if (!says(notification, request)) throw keyReused();
    return notification;
  }

  private async accept({ sender, user, type, idempotencyKey }: SendRequest): Promise<Notification> {
    const { name, email } = await this.recipients.find(user);
    const notification = await this.store.add({ sender, idempotencyKey, userUri: user, type, name, email });
    this.worker.wake();
    return notification;
  }
}

function says(
  notification: Notification,
  request: { readonly user: string; readonly type: string },
): boolean {
  return notification.userUri === request.user && notification.type === request.type;
}

function keyReused(): Problem {
  return new Problem({
    status: 422,
    code: 'idempotency_key_reused',
    title: 'This idempotency key was used for another notification.',
  });
}
