import { Injectable, type Type } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway, type WsResponse } from '@nestjs/websockets';
import { reach } from './reached.js';
import { DECORATORS, type Handlers } from './variants.js';

/** @param port of its own: Nest keeps gateways and the subscriptions of GraphQL apart by port only. */
export function gateway({ variant, scope }: Handlers, port: number): Type {
  const { onClass, onMethod } = DECORATORS[variant];
  @onClass
  @Injectable({ scope })
  @WebSocketGateway(port)
  class Gateway {
    @SubscribeMessage(variant)
    @onMethod
    frame(@MessageBody() sent: unknown): WsResponse {
      reach(variant, 'frame');
      return { event: variant, data: sent };
    }
  }
  return Gateway;
}
