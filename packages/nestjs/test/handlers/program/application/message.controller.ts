import { Controller, type Type } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { CurrentPrincipal, type Principal } from '@countersign/nestjs';
import { defer, of, type Observable } from 'rxjs';
import { reach } from './reached.js';
import { DECORATORS, type Handlers } from './variants.js';

export function messageController({ variant, scope }: Handlers): Type {
  const { onClass, onMethod } = DECORATORS[variant];
  @onClass
  @Controller({ scope })
  class MessageHandlers {
    @MessagePattern(`${variant}.message`)
    @onMethod
    message(@Payload() sent: unknown, @CurrentPrincipal() principal: Principal | undefined): object {
      reach(variant, 'message');
      return { sent, principal: principal === undefined ? 'none' : 'some' };
    }

    /** Its answer comes later, and so does what it throws. */
    @MessagePattern(`${variant}.later`)
    @onMethod
    later(): Observable<string> {
      return defer(() => {
        reach(variant, 'later');
        return of('reached');
      });
    }

    @EventPattern(`${variant}.event`)
    @onMethod
    event(@Payload() sent: unknown): void {
      if (sent === 'sent') reach(variant, 'event');
    }
  }
  return MessageHandlers;
}
