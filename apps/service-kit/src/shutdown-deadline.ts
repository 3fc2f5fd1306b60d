import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

const DEADLINE_MS = 10_000;

/** Lets requests in progress finish when the application stops, but not for ever. */
@Injectable()
export class ShutdownDeadline implements BeforeApplicationShutdown {
  constructor(private readonly host: HttpAdapterHost) {}

  beforeApplicationShutdown(): void {
    const server: unknown = this.host.httpAdapter.getHttpServer();
    setTimeout(() => closeConnections(server), DEADLINE_MS).unref();
  }
}

function closeConnections(server: unknown): void {
  if (typeof server !== 'object' || server === null || !('closeAllConnections' in server)) return;
  if (typeof server.closeAllConnections === 'function') server.closeAllConnections();
}
