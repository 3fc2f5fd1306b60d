import { Controller, Get, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { WsAdapter } from '@nestjs/platform-ws';
import { Public } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { freePort } from '../application/free-port.js';
import { countersign, originOf, rootOf, SERVICE, tcp } from '../application/put-together.js';
import { reach, takeReached, type Variant } from '../application/reached.js';
import { type Report } from '../report.js';
import { knockOverHttp } from '../strangers/over-http.js';
import { knockOverMessage } from '../strangers/over-messages.js';

/** The control of each of these applications. */
@Public()
@Controller('public')
class Open {
  @Get('route')
  @MessagePattern('public.message')
  answer(): string[] {
    reach('public', 'route');
    reach('public', 'message');
    return ['reached'];
  }
}

/**
 * Starts an application with one controller, and knocks at it over HTTP and as a message handler.
 * @param startError what the application says when it does not start, where it must not.
 */
export async function knockAt(
  controller: Type,
  variant: Variant,
  startError?: string,
  providers: Type[] = [],
  knockElsewhere: () => Promise<Report['knocks']> = async () => [],
): Promise<Report> {
  const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const port = await freePort();
  takeReached();
  try {
    const root = rootOf({
      imports: [countersign(herald, { undecorated: 'authenticated' })],
      controllers: [controller, Open],
      providers,
    });
    const application = await NestFactory.create(root, new ExpressAdapter(), SILENT);
    try {
      application.useWebSocketAdapter(new WsAdapter(application));
      application.connectMicroservice(tcp(port));
      await application.startAllMicroservices();
      await application.listen(0, '127.0.0.1');
      const withoutScope = await herald.token({ audience: SERVICE });
      const knocks = await Promise.all([
        knockOverHttp(originOf(application), [variant, 'public'], undefined, ['route']),
        variant === 'none' ? [] : knockOverHttp(originOf(application), [variant], withoutScope, ['route']),
        knockOverMessage(port, variant),
        knockOverMessage(port, 'public'),
        knockElsewhere(),
      ]);
      const problems = startError === undefined ? [] : ['the application started'];
      return { knocks: knocks.flat(), reached: takeReached(), problems };
    } finally {
      await application.close();
    }
  } catch (error) {
    if (startError === undefined || !String(error).includes(startError)) throw error;
    return { knocks: [], reached: takeReached() };
  } finally {
    await herald.close();
  }
}

const SILENT = { logger: false, abortOnError: false } as const;
