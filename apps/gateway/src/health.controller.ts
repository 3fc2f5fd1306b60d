import { Controller, Get } from '@nestjs/common';
import { Public } from '@countersign/nestjs';

@Controller('health')
export class HealthController {
  /** Whether the gateway can answer. A provider or a service behind it that is down does not keep it from that. */
  @Get()
  @Public()
  show(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }
}
