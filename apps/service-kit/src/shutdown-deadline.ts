import { Server } from 'node:http';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

const DEADLINE_MS = 10_000;

/** Lets requests in progress finish when the application stops, but not for ever. */
@Injectable()
export class ShutdownDeadline implements BeforeApplicationShutdown {
  constructor(private readonly host: HttpAdapterHost) {}

  beforeApplicationShutdown(): void {
    const server: unknown = this.host.httpAdapter.getHttpServer();
    if (!(server instanceof Server)) return;
    setTimeout(() => server.closeAllConnections(), DEADLINE_MS).unref();
  }
}
