import { ModulesContainer } from '@nestjs/core';
import { ifInstalled } from '../open-telemetry.js';
import { hasHandlers } from './handler-kinds.js';

type Microservices = typeof import('@nestjs/microservices');
type Websockets = typeof import('@nestjs/websockets');

/** What Nest's own packages for other transports refuse with; each is there where the application has handlers for it. */
export interface TransportExceptions {
  readonly rpc: Pick<Microservices, 'RpcException'> | undefined;
  readonly ws: Pick<Websockets, 'WsException' | 'BaseWsExceptionFilter'> | undefined;
}

/** The injection token of `TransportExceptions`. */
export const TRANSPORT_EXCEPTIONS = Symbol('TRANSPORT_EXCEPTIONS');

/** Loads them once, when the application is made: afterwards handlers are refused without waiting. */
export async function transportExceptions(modules: ModulesContainer): Promise<TransportExceptions> {
  const [rpc, ws] = await Promise.all([
    hasHandlers(modules, 'rpc') ? ifInstalled(() => import('@nestjs/microservices')) : undefined,
    hasHandlers(modules, 'ws') ? ifInstalled(() => import('@nestjs/websockets')) : undefined,
  ]);
  return { rpc, ws };
}
