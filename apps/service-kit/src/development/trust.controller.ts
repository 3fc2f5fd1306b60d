import { IncomingMessage } from 'node:http';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { Public } from '@countersign/nestjs';
import { refuseStrangers } from './refuse-strangers.js';
import { TrustDescription, type TrustView } from './trust-description.js';

/** Says what the service trusts. For development, from this machine to this machine. */
@Public()
@Controller('development/trust')
export class TrustController {
  constructor(@Inject(TrustDescription) private readonly description: TrustDescription) {}

  @Get()
  show(@Req() request: IncomingMessage): TrustView {
    refuseStrangers(request, 'page');
    return this.description.view();
  }
}
