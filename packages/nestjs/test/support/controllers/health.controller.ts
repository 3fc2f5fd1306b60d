import { Controller, Get } from '@nestjs/common';

/** Routes of somebody who does not know our decorators. */
@Controller('health')
export class HealthController {
  @Get()
  health() {
    return 'up';
  }
  @Get('live')
  live() {
    return 'live';
  }
  notARoute() {
    return 'nothing';
  }
}
