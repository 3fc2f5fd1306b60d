type Microservices = typeof import('@nestjs/microservices');
type Websockets = typeof import('@nestjs/websockets');

/** What Nest's own packages for other transports refuse with. */
export interface TransportExceptions {
  readonly rpc: Pick<Microservices, 'RpcException'> | undefined;
  readonly ws: Pick<Websockets, 'WsException' | 'BaseWsExceptionFilter'> | undefined;
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
