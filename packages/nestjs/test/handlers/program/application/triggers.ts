import { Injectable, type Type } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { Cron } from '@nestjs/schedule';
import { reach } from './reached.js';
import { DECORATORS, type Handlers } from './variants.js';

/** What the application itself sets off. No stranger can, and nobody is asked. */
export function triggers({ variant }: Handlers): Type {
  const { onClass, onMethod } = DECORATORS[variant];
  @onClass
  @Injectable()
  class Triggers {
    @Cron('* * * * * *')
    @onMethod
    cron(): void {
      reach(variant, 'cron');
    }

    @OnEvent('something')
    @onMethod
    listener(): void {
      reach(variant, 'listener');
    }
  }
  return Triggers;
}
