import { Controller, Get } from '@nestjs/common';
import { Public } from '@countersign/nestjs';
import { Database } from '@countersign/service-kit';

@Controller('health')
export class HealthController {
  constructor(private readonly database: Database) {}

  /** Whether census can answer: its database does. */
  @Get()
  @Public()
  async show(): Promise<{ readonly status: 'ok' }> {
    await this.database.ping();
    return { status: 'ok' };
  }
}
