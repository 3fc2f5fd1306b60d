import { Controller, Get } from '@nestjs/common';
import { Public } from '@countersign/nestjs';
import { Database } from '@countersign/service-kit';
import { MailServer } from './mail/mail-server.js';

@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly mailServer: MailServer,
  ) {}

  /** Whether herald can accept notifications: its database answers. A mail server that is down only delays mails. */
  @Get()
  @Public()
  async show(): Promise<{ readonly status: 'ok'; readonly mail: MailServer['mode'] }> {
    await this.database.ping();
    return { status: 'ok', mail: this.mailServer.mode };
  }
}
