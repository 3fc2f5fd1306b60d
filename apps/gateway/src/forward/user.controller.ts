import { Controller, Get, Param } from '@nestjs/common';
import type { Principal } from '@countersign/core';
import { Authenticated, CurrentPrincipal, Scopes } from '@countersign/nestjs';
import { notFound, uriRoot } from '@countersign/service-kit';
import { z } from 'zod';
import { Upstreams } from './upstreams.js';

const userView = z.object({ uri: z.string(), name: z.string(), email: z.string() });

/** A user of census. */
export type UserView = z.output<typeof userView>;

/** Who is logged in, and what they may do here. */
export interface MeView extends UserView {
  readonly scopes: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

@Authenticated('user')
@Scopes('user:read')
@Controller('api')
export class UserController {
  constructor(private readonly upstreams: Upstreams) {}

  @Get('me')
  async me(@CurrentPrincipal() { subject = '', scopes, expiresAt }: Principal): Promise<MeView> {
    const root = uriRoot(this.upstreams.census.audience);
    const path = subject.startsWith(root) ? subject.slice(root.length) : '';
    const user = await this.find(/^user\/([^/]+)\/$/.exec(path)?.[1] ?? '');
    return { ...user, scopes: [...scopes], expiresAt };
  }

  @Get('user/:id')
  async show(@Param('id') id: string): Promise<UserView> {
    return this.find(id);
  }

  private async find(id: string): Promise<UserView> {
    if (!/^[1-9]\d{0,9}$/.test(id)) throw notFound();
    return this.upstreams.call({
      to: 'census',
      path: `user/${id}/`,
      scopes: ['user:read'],
      answer: userView,
    });
  }
}
