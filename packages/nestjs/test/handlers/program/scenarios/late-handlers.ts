import {
  Controller,
  Get,
  type INestApplication,
  Injectable,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Public } from '@countersign/nestjs';
import { TestIssuer } from '@countersign/testing';
import { freePort } from '../application/free-port.js';
import { countersign, rootOf, tcp } from '../application/put-together.js';
import { reach, takeReached } from '../application/reached.js';
import { type Report, type Scenarios } from '../report.js';
import { type Knock } from '../strangers/knock.js';
import { knockOverMessage } from '../strangers/over-messages.js';

@Public()
@Controller()
class Open {
  @MessagePattern('public.message')
  answer(): string {
    reach('public', 'message');
    return 'reached';
  }
}

export const LATE_HANDLERS: Scenarios = {
  'a handler that appears while the application starts': async () => decorated('while it starts'),
  'a handler that appears when the application has started': async () => decorated('when it has started'),
  'a handler that appears while the application starts, where undecorated ones are refused': async () => {
    const { late, provider } = lateHandler();
    return within('refuse', [late, Open], [provider], async (application) => {
      try {
        await application.init();
        return { knocks: [], reached: {}, problems: ['the application started'] };
      } catch (error) {
        const said = String(error);
        const isListed = said.includes('do not say who may call them') && said.includes('Late#answer');
        return {
          knocks: [],
          reached: takeReached(),
          problems: isListed ? [] : [`does not list it: ${said}`],
        };
      }
    });
  },
};

async function decorated(when: 'while it starts' | 'when it has started'): Promise<Report> {
  const { late, provider, appear } = lateHandler();
  const providers = when === 'while it starts' ? [provider] : [];
  return within('authenticated', [late, Open], providers, async (application) => {
    await application.init();
    if (when === 'when it has started') appear();
    const port = await freePort();
    application.connectMicroservice(tcp(port));
    await application.startAllMicroservices();
    takeReached();
    const knocks: Knock[] = [await knockOverMessage(port, 'none'), await knockOverMessage(port, 'public')];
    return { knocks, reached: takeReached() };
  });
}

/** A controller without handlers, and a provider that makes one of its method. */
function lateHandler(): { readonly late: Type; readonly provider: Type; readonly appear: () => void } {
  @Controller('late')
  class Late {
    answer(): string {
      reach('none', 'message');
      return 'reached';
    }
  }
  const appear = () => {
    const method = Reflect.getOwnPropertyDescriptor(Late.prototype, 'answer')!;
    Get()(Late.prototype, 'answer', method);
    MessagePattern('none.message')(Late.prototype, 'answer', method);
  };
  @Injectable()
  class Appearing implements OnModuleInit {
    onModuleInit(): void {
      appear();
    }
  }
  return { late: Late, provider: Appearing, appear };
}

async function within(
  undecorated: 'refuse' | 'authenticated',
  controllers: Type[],
  providers: Type[],
  knock: (application: INestApplication) => Promise<Report>,
): Promise<Report> {
  const herald = await TestIssuer.start({ issuer: 'https://herald.service/' });
  const root = rootOf({ imports: [countersign(herald, { undecorated })], controllers, providers });
  const application = await NestFactory.create(root, new ExpressAdapter(), {
    logger: false,
    abortOnError: false,
  });
  try {
    return await knock(application);
  } finally {
    await application.close();
    await herald.close();
  }
}
