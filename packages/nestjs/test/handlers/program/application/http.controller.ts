import { Controller, Get, type MessageEvent, Sse, type Type } from '@nestjs/common';
import { CurrentPrincipal, type Principal } from '@countersign/nestjs';
import { of, type Observable } from 'rxjs';
import { reach } from './reached.js';
import { DECORATORS, type Handlers } from './variants.js';

export function httpController({ variant, scope }: Handlers): Type {
  const { onClass, onMethod } = DECORATORS[variant];
  @onClass
  @Controller({ path: variant, scope })
  class HttpHandlers {
    @Get('route')
    @onMethod
    route(@CurrentPrincipal() principal: Principal | undefined): object {
      reach(variant, 'route');
      return { answer: 'reached', principal: principal === undefined ? 'none' : 'some' };
    }

    @Sse('sse')
    @onMethod
    sse(): Observable<MessageEvent> {
      reach(variant, 'sse');
      return of({ data: 'reached' });
    }
  }
  return HttpHandlers;
}
