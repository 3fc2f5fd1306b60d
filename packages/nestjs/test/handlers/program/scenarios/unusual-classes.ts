import { type CanActivate, Controller, Get, Injectable, type Type, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Public, Scopes } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { freePort } from '../application/free-port.js';
import { countersign, originOf, rootOf, SERVICE, tcp } from '../application/put-together.js';
import { reach, takeReached, type Variant } from '../application/reached.js';
import { type Report, type Scenarios } from '../report.js';
import { knockOverHttp } from '../strangers/over-http.js';
import { knockOverMessage } from '../strangers/over-messages.js';
import { knockOverWebSocket } from '../strangers/over-websocket.js';

@Injectable()
class Allow implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

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

export const UNUSUAL_CLASSES: Scenarios = {
  'a class with guards of its own that extends one with handlers': async () => {
    abstract class Base {
      @Get('route')
      @MessagePattern('none.message')
      answer(): string {
        reach('none', 'base');
        return 'reached';
      }
    }
    @UseGuards(Allow)
    @Controller('none')
    class Extending extends Base {}
    return knockAt(Extending, 'none');
  },
  'a handler that is overridden and decorated in the base class only': async () => {
    @Controller('method')
    class Base {
      @Scopes('user:read')
      @Get('route')
      @MessagePattern('method.message')
      answer(): string {
        return 'never';
      }
    }
    @Controller('method')
    class Overriding extends Base {
      @Get('route')
      @MessagePattern('method.message')
      override answer(): string {
        reach('method', 'overridden');
        return 'reached';
      }
    }
    return knockAt(Overriding, 'method');
  },
  'handlers that a mixin adds': async () => {
    function mixed(base: Type): Type {
      class Mixed extends base {
        @Scopes('user:read')
        @Get('route')
        @MessagePattern('method.message')
        answer(): string {
          reach('method', 'mixed');
          return 'reached';
        }
      }
      return Mixed;
    }
    @UseGuards(Allow)
    @Controller('method')
    class Final extends mixed(class {}) {}
    return knockAt(Final, 'method');
  },
  'a handler that is copied from another class': async () => {
    class Lender {
      @Scopes('user:read')
      @Get('route')
      @MessagePattern('method.message')
      answer(): string {
        reach('method', 'copied');
        return 'reached';
      }
    }
    @Controller('method')
    class Borrower {}
    copyMethods(Lender, Borrower, ['answer']);
    return knockAt(Borrower, 'method');
  },
  'a mixin that copies the constructor': async () => {
    @Public()
    class Mixin {}
    @Scopes('user:read')
    @Controller('class')
    class Mixed {
      @Get('route')
      @MessagePattern('class.message')
      answer(): string {
        reach('class', 'mixed');
        return 'reached';
      }
    }
    copyMethods(Mixin, Mixed, ['constructor']);
    return knockAt(Mixed, 'class', 'Mixed.prototype.constructor is not Mixed');
  },
  'a class that a decorator replaced by a Proxy': async () => {
    @Scopes('user:read')
    @Controller('class')
    @Replaced
    class Wrapped {
      @Get('route')
      @MessagePattern('class.message')
      answer(): string {
        reach('class', 'wrapped');
        return 'reached';
      }
    }
    return knockAt(Wrapped, 'class', 'Wrapped.prototype.constructor is not Wrapped');
  },
  'a controller that is a gateway too': async () => {
    const port = await freePort();
    @Controller('none')
    @WebSocketGateway(port)
    class Both {
      @Get('route')
      @MessagePattern('none.message')
      @SubscribeMessage('none')
      answer(): string {
        reach('none', 'both');
        return 'reached';
      }
    }
    @Public()
    @WebSocketGateway(port)
    class Fence {
      @SubscribeMessage('public')
      answer(): object {
        return { event: 'public', data: 'fence' };
      }
    }
    return knockAt(Both, 'none', undefined, [Both, Fence], async () => knockOverWebSocket(port, ['none']));
  },
};

/** @param startError what the application says when it does not start, where it must not. */
async function knockAt(
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

function copyMethods(from: Type, to: Type, names: readonly string[]): void {
  for (const name of names) {
    const descriptor = Reflect.getOwnPropertyDescriptor(from.prototype as object, name);
    Object.defineProperty(to.prototype, name, { ...descriptor });
  }
}

const Replaced: ClassDecorator = (target) => new Proxy(target, {});
