import { Controller, Get, Scope } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Public, Scopes } from '@countersign/nestjs';
import { freePort } from '../application/free-port.js';
import { reach } from '../application/reached.js';
import { type Scenarios } from '../report.js';
import { knockAt } from './knock-at.js';

/** Has nothing to do with what is wrong. */
@Public()
@Controller('class')
class Undemanding {}

export const UNUSUAL_INSTANCES: Scenarios = {
  'a class that a decorator replaced by a function': async () => {
    @Scopes('user:read')
    @Controller('class')
    @Called
    class Logged {
      @Get('route')
      @MessagePattern('class.message')
      answer(): string {
        reach('class', 'called');
        return 'reached';
      }
    }
    return knockAt(Logged, 'class', 'names another class');
  },
  'a class without decorators that a decorator replaced by a function': async () => {
    @Controller('none')
    @Called
    class Logged {
      @Get('route')
      @MessagePattern('none.message')
      answer(): string {
        reach('none', 'called');
        return 'reached';
      }
    }
    return knockAt(Logged, 'none', 'names another class');
  },
  'a constructor that returns an object of another class': async () => {
    class Returned {
      @Get('route')
      @MessagePattern('class.message')
      answer(): string {
        reach('class', 'returned');
        return 'reached';
      }
    }
    @Scopes('user:read')
    @Controller('class')
    class Returning {
      constructor() {
        return new Returned();
      }
      @Get('route')
      @MessagePattern('class.message')
      answer(): string {
        return 'never';
      }
    }
    return knockAt(Returning, 'class', 'names another class');
  },
  'a constructor that returns an object of another class for each request': async () => {
    class Returned {
      answer(): string {
        reach('class', 'returned');
        return 'reached';
      }
    }
    @Scopes('user:read')
    @Controller({ path: 'class', scope: Scope.REQUEST })
    class Returning {
      constructor() {
        return new Returned();
      }
      @Get('route')
      @MessagePattern('class.message')
      answer(): string {
        return 'never';
      }
    }
    return { ...(await knockAt(Returning, 'class')), says: ['config_invalid', 'Internal server error'] };
  },
  'a constructor that gives its object another constructor': async () => {
    @Public()
    class Other {}
    @Scopes('user:read')
    @Controller('class')
    class Naming {
      constructor() {
        Object.defineProperty(this, 'constructor', { value: Other });
      }
      @Get('route')
      @MessagePattern('class.message')
      answer(): string {
        reach('class', 'naming');
        return 'reached';
      }
    }
    return knockAt(Naming, 'class', 'names another class');
  },
  'a constructor that returns an object of a class that extends it': async () => {
    @Controller('method')
    class Extended {
      constructor() {
        if (new.target === Extended) return new (class Traced extends Extended {})();
      }
      @Scopes('user:read')
      @Get('route')
      @MessagePattern('method.message')
      answer(): string {
        reach('method', 'extended');
        return 'reached';
      }
    }
    return knockAt(Extended, 'method');
  },
  'a gateway that a decorator replaced by a function': async () => {
    const port = await freePort();
    @Scopes('user:read')
    @WebSocketGateway(port)
    @Called
    class Gateway {
      @SubscribeMessage('class')
      answer(): string {
        reach('class', 'gateway');
        return 'reached';
      }
    }
    return knockAt(Undemanding, 'class', 'names another class', [Gateway]);
  },
};

/** What logging decorators do: each call of the function makes an object of the class. */
const Called: ClassDecorator = (target) => {
  const made = target as unknown as new (...parts: unknown[]) => object;
  return function (...parts: unknown[]) {
    return new made(...parts);
  } as unknown as typeof target;
};
