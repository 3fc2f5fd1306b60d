import { IncomingMessage, type ServerResponse } from 'node:http';
import { Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { Authenticated, Scopes } from '@countersign/nestjs';
import { refuseStrangers } from '@countersign/service-kit';
import type { Attempt } from './attempt.js';
import { Attempts } from './attempts.js';

/** Tries what must be refused, for whoever is logged in. For development, from this machine to this machine. */
@Authenticated('user')
@Scopes('notification:send', 'user:read')
@Controller('development/attempts')
export class AttemptController {
  constructor(private readonly attempts: Attempts) {}

  @Post(':name')
  @HttpCode(200)
  async play(@Param('name') name: string, @Req() request: IncomingMessage): Promise<Attempt> {
    refuseStrangers(request, 'page');
    return this.attempts.play(name);
  }
}

/** Refuses strangers before the guards ask them for a token. */
export function hideAttempts(request: IncomingMessage, _response: ServerResponse, next: () => void): void {
  refuseStrangers(request, 'page');
  next();
}
