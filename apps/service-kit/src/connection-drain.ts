import { Server } from 'node:http';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

const DEADLINE_MS = 10_000;
const LOOK_MS = 100;

/** Lets requests in progress finish when the application stops, but not for ever. */
@Injectable()
export class ConnectionDrain implements BeforeApplicationShutdown {
  constructor(private readonly host: HttpAdapterHost) {}

  beforeApplicationShutdown(): void {
    const server: unknown = this.host.httpAdapter.getHttpServer();
    if (isServer(server)) drain(server);
  }
}

/** `Server#close` ends the connections that are idle at that moment; those that become so would be kept alive. */
function drain(server: Server): void {
  const closeIdle = () => {
    if (!server.listening) server.closeIdleConnections();
  };
  const look = setInterval(closeIdle, LOOK_MS).unref();
  const deadline = setTimeout(() => server.closeAllConnections(), DEADLINE_MS).unref();
  server.once('close', () => {
    clearInterval(look);
    clearTimeout(deadline);
  });
}

function isServer(value: unknown): value is Server {
  return value instanceof Server;
}
