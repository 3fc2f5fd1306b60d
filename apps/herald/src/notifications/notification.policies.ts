import { type ExecutionContext, Injectable } from '@nestjs/common';
import type { Principal } from '@countersign/core';
import type { HandlerPolicy } from '@countersign/nestjs';
import { NotificationStore } from './notification-store.js';
import { parseNotificationId } from './notification-id.js';
import { toSender } from '../sender.js';

/** A notification may be seen by whoever sent it and by administrators. One that does not exist is nobody's secret. */
@Injectable()
export class MaySeeNotification implements HandlerPolicy {
  constructor(private readonly store: NotificationStore) {}

  async permits(principal: Principal, context: ExecutionContext): Promise<boolean> {
    if (principal.roles.has('admin')) return true;
    const { id } = context.switchToHttp().getRequest<{ readonly params: { readonly id: string } }>().params;
    const uuid = parseNotificationId(id);
    const notification = uuid === undefined ? undefined : await this.store.find(uuid);
    return notification === undefined || notification.sender === toSender(principal);
  }
}
