import { Controller, Get } from '@nestjs/common';
import { Authenticated } from '@countersign/nestjs';

/** A collection that every principal may list. */
@Controller('order')
export class OrderController {
  @Get()
  @Authenticated()
  list() {
    return [];
  }
}
