import { type ArgumentsHost } from '@nestjs/common';

/**
 * What Nest's own packages for other transports refuse with. Described by what is used of it: our declarations must compile
 * where neither package is installed.
 */
export interface TransportExceptions {
  readonly rpc: { readonly RpcException: new (error: object) => RpcError } | undefined;
  readonly ws: WebsocketErrors | undefined;
}

interface RpcError extends Error {
  getError(): string | object;
}

interface WebsocketErrors {
  readonly WsException: new (error: object) => Error;
  readonly BaseWsExceptionFilter: new () => { catch(error: Error, host: ArgumentsHost): void };
}

/** The injection token of `TransportExceptions`. */
export const TRANSPORT_EXCEPTIONS = Symbol('TRANSPORT_EXCEPTIONS');

/**
 * Loads the packages once, when the application is made: afterwards handlers are refused without waiting. Nest loads them for
 * every application that has them installed, and does without one that cannot be loaded.
 */
export async function transportExceptions(): Promise<TransportExceptions> {
  const [rpc, ws] = await Promise.all([
    import('@nestjs/microservices').catch(() => undefined),
    import('@nestjs/websockets').catch(() => undefined),
  ]);
  return { rpc, ws };
}
