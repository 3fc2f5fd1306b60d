import { ServerResponse } from 'node:http';
import { Body, Controller, Get, Headers, Inject, Param, Post, Res } from '@nestjs/common';
import { Authenticated, Scopes } from '@countersign/nestjs';
import { notFound, parseInput } from '@countersign/service-kit';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import { GATEWAY_CONFIG } from '../gateway-config.js';
import { failed } from './upstream-refusal.js';
import { Upstreams } from './upstreams.js';

const notificationInput = z.strictObject(
  {
    user: z.string('must be a string').max(500, 'must have 500 characters at most'),
    type: z.string('must be a string').max(100, 'must have 100 characters at most'),
  },
  'must be a JSON object',
);

const idempotencyKeyInput = z
  .string()
  .regex(/^[\x21-\x7E]{1,255}$/, 'must be up to 255 visible ASCII characters')
  .optional();

const notificationView = z.object({ uri: z.url(), user: z.string(), type: z.string(), state: z.string() });

/** A notification of herald. */
export type NotificationView = z.output<typeof notificationView>;

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

@Authenticated('user')
@Controller('api/notification')
export class NotificationController {
  constructor(
    private readonly upstreams: Upstreams,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Post()
  @Scopes('notification:send')
  async send(
    @Body() body: unknown,
    @Headers('idempotency-key') key: unknown,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<NotificationView> {
    const notification = await this.upstreams.call({
      to: 'herald',
      path: 'notification/',
      // Herald asks census about the recipient, in the user's name.
      scopes: ['notification:send', 'user:read'],
      body: parseInput(notificationInput, body),
      idempotencyKey: parseInput(idempotencyKeyInput, key),
      answer: notificationView,
    });
    response.setHeader('Location', this.#locationOf(notification));
    return notification;
  }

  @Get(':id')
  @Scopes('notification:read')
  async show(@Param('id') id: string): Promise<NotificationView> {
    if (!ID.test(id)) throw notFound();
    const path = `notification/${id}/`;
    return this.upstreams.call({
      to: 'herald',
      path,
      scopes: ['notification:read'],
      answer: notificationView,
    });
  }

  /** Where our client finds it: herald's own address is not for outsiders. */
  #locationOf({ uri }: NotificationView): string {
    const id = uri.split('/').at(-2) ?? '';
    if (!ID.test(id)) throw failed(new Error('herald named a notification in a way that is not its own'));
    return new URL(`api/notification/${id}`, this.config.publicUrl).href;
  }
}
