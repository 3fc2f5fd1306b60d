import { type CanActivate, Controller, Get, Injectable, type Type, UseGuards } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Public, Scopes } from '@countersign/nestjs';
import { freePort } from '../application/free-port.js';
import { reach } from '../application/reached.js';
import { type Scenarios } from '../report.js';
import { knockOverWebSocket } from '../strangers/over-websocket.js';
import { knockAt } from './knock-at.js';

@Injectable()
class Allow implements CanActivate {
  canActivate(): boolean {
    return true;
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
    return knockAt(Mixed, 'class', 'the instance of Mixed names another class');
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
    return knockAt(Wrapped, 'class', 'the instance of Wrapped names another class');
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

function copyMethods(from: Type, to: Type, names: readonly string[]): void {
  for (const name of names) {
    const descriptor = Reflect.getOwnPropertyDescriptor(from.prototype as object, name);
    Object.defineProperty(to.prototype, name, { ...descriptor });
  }
}

const Replaced: ClassDecorator = (target) => new Proxy(target, {});
