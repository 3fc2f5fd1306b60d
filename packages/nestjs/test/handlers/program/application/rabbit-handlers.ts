import { Injectable, type Type } from '@nestjs/common';
import { RabbitRPC, RabbitSubscribe } from '@golevelup/nestjs-rabbitmq';
import { reach, type Variant } from './reached.js';
import { DECORATORS } from './variants.js';

export const EXCHANGE = 'amq.direct';
export const RABBIT_KINDS = ['subscriber', 'rpc'] as const;

/** The name of a queue, and by which its messages are routed. */
export function queueOf(run: string, variant: Variant, kind: string): string {
  return `countersign.${run}.${variant}.${kind}`;
}

/** With the behaviour that the library has unless told otherwise: what failed goes back into its queue. */
export function rabbitHandlers(run: string, variant: Variant): Type {
  const { onClass, onMethod } = DECORATORS[variant];
  const routed = (kind: string) => {
    const queue = queueOf(run, variant, kind);
    return { exchange: EXCHANGE, routingKey: queue, queue };
  };
  @onClass
  @Injectable()
  class RabbitHandlers {
    @RabbitSubscribe(routed('subscriber'))
    @onMethod
    subscriber(): void {
      reach(variant, 'subscriber');
    }

    @RabbitRPC(routed('rpc'))
    @onMethod
    rpc(): string {
      reach(variant, 'rpc');
      return 'reached';
    }
  }
  // Decision records tell the variants apart by the name of the class.
  Object.defineProperty(RabbitHandlers, 'name', { value: variant });
  return RabbitHandlers;
}
