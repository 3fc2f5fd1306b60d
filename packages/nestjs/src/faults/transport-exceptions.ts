import { type ArgumentsHost } from '@nestjs/common';

type ExceptionClass = new (error: string | object) => Error & { getError(): string | object };

/**
 * The exceptions of Nest's packages for other transports, where they are installed. They are described by their shape: the
 * public types of this package must compile where they are not.
 */
export interface TransportExceptions {
  readonly rpc: { readonly RpcException: ExceptionClass } | undefined;
  readonly ws:
    | {
        readonly WsException: ExceptionClass;
        readonly BaseWsExceptionFilter: new () => { catch(error: unknown, host: ArgumentsHost): void };
      }
    | undefined;
}

/** The injection token of `TransportExceptions`. */
export const TRANSPORT_EXCEPTIONS = Symbol('TRANSPORT_EXCEPTIONS');

/**
 * Loads the packages once, when the application is made: afterwards handlers are refused without waiting. Nest loads them for
 * every application that has them installed, and does without one that cannot be loaded.
 */
export async function transportExceptions(): Promise<TransportExceptions> {
  const [rpc, ws] = await Promise.all([rpcExceptions(), wsExceptions()]);
  return { rpc, ws };
}

// Bundlers leave out an absent package, and go on, where it is awaited inside of `try`. Of one that Nest could not load before us
// webpack hands out an empty module.
async function rpcExceptions(): Promise<TransportExceptions['rpc']> {
  try {
    const loaded = await import('@nestjs/microservices');
    return 'RpcException' in loaded ? loaded : undefined;
  } catch {
    return undefined;
  }
}

async function wsExceptions(): Promise<TransportExceptions['ws']> {
  try {
    const loaded = await import('@nestjs/websockets');
    return 'WsException' in loaded ? loaded : undefined;
  } catch {
    return undefined;
  }
}
