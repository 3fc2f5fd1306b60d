import { Controller, Get } from '@nestjs/common';
import { Authenticated } from '@countersign/nestjs';

/** A route that asks for a token, and no more. */
@Controller('guarded')
export class GuardedController {
  @Get()
  @Authenticated()
  guarded() {
    return 'guarded';
  }
}
