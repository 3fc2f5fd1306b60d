import { ServerResponse } from 'node:http';
import { Body, Controller, Get, Headers, Inject, Param, Post, Res } from '@nestjs/common';
import type { Principal } from '@countersign/core';
import { Authenticated, CurrentPrincipal, Policies, Scopes } from '@countersign/nestjs';
import { notFound, parseInput } from '@countersign/service-kit';
import { parseNotificationId } from './notification-id.js';
import { idempotencyKeyInput, notificationInput } from './notification-input.js';
import { NotificationStore } from './notification-store.js';
import { MaySeeNotification } from './notification.policies.js';
import { Notifications } from './notifications.js';
import type { Notification } from '../schema.js';
import { toSender } from '../sender.js';
import { SERVICE_URL } from '../service-url.js';

/** What others see of a notification. */
export interface NotificationView {
  readonly uri: string;
  /** The URI of the user whom it is for. */
  readonly user: string;
  readonly type: Notification['type'];
  readonly state: Notification['state'];
}

@Controller('notification')
export class NotificationController {
  constructor(
    private readonly notifications: Notifications,
    private readonly store: NotificationStore,
    @Inject(SERVICE_URL) private readonly serviceUrl: string,
  ) {}

  /** Answers what was accepted, so that a repeated request gets the same answer: the mail's fate is at `Location`. */
  @Post()
  @Scopes('notification:send')
  // Census is asked in the user's name, so there must be one.
  @Authenticated('user')
  async send(
    @CurrentPrincipal() principal: Principal,
    @Body() body: unknown,
    @Headers('idempotency-key') key: unknown,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<NotificationView> {
    const { user, type } = parseInput(notificationInput, body);
    const idempotencyKey = parseInput(idempotencyKeyInput, key);
    const notification = await this.notifications.send({
      sender: toSender(principal),
      user,
      type,
      idempotencyKey,
    });
    const view = this.view(notification);
    response.setHeader('Location', view.uri);
    return { ...view, state: 'queued' };
  }

  @Get(':id')
  @Scopes('notification:read')
  @Policies(MaySeeNotification)
  async show(@Param('id') segment: string): Promise<NotificationView> {
    const id = parseNotificationId(segment);
    const notification = id === undefined ? undefined : await this.store.find(id);
    if (notification === undefined) throw notFound();
    return this.view(notification);
  }

  private view({ id, userUri, type, state }: Notification): NotificationView {
    return { uri: `${this.serviceUrl}notification/${id}/`, user: userUri, type, state };
  }
}
