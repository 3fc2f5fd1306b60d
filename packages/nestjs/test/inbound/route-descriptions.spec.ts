import { Controller, Get, Injectable, Post } from '@nestjs/common';
import {
  Authenticated,
  type HandlerPolicy,
  Policies,
  Public,
  type Requirement,
  RouteDescriptions,
  Scopes,
} from '@countersign/nestjs';
import { ADAPTERS, type Application } from '../support/application.js';
import { useApplication } from '../support/hooks/use-application.js';

@Injectable()
class MaySeeOrder implements HandlerPolicy {
  permits(): boolean {
    return true;
  }
}

@Authenticated('user')
@Controller('order')
class OrderController {
  @Get(':id')
  @Scopes('order:read')
  @Policies(MaySeeOrder)
  show() {
    return {};
  }

  @Post(['', 'again/'])
  @Scopes.any('order:write', 'order:admin')
  add() {
    return {};
  }
}

@Controller()
class HealthController {
  @Get('health')
  @Public()
  show() {
    return {};
  }
}

describe.each(ADAPTERS)('The routes of an application over $name', ({ adapter }) => {
  let application: Application;

  const controllers = [OrderController, HealthController];
  useApplication({ adapter, controllers, providers: [MaySeeOrder] }, ({ census }) => {
    application = census;
  });

  it('are described with all that each asks for, by its class and by itself', () => {
    const routes = application!.nest.get(RouteDescriptions).list();
    const user = { kind: 'subject', is: 'user' };
    const write = { kind: 'scope', anyOf: ['order:write', 'order:admin'] };
    expect(routes.filter(({ path }) => !path.startsWith('/.well-known/'))).toEqual([
      {
        method: 'GET',
        path: '/order/:id',
        access: 'guarded',
        requirements: [user, { kind: 'scope', anyOf: ['order:read'] }],
        policies: ['MaySeeOrder'],
      },
      { method: 'POST', path: '/order', access: 'guarded', requirements: [user, write], policies: [] },
      { method: 'POST', path: '/order/again', access: 'guarded', requirements: [user, write], policies: [] },
      { method: 'GET', path: '/health', access: 'public', requirements: [], policies: [] },
    ]);
  });

  it('cannot be changed through what describes them', () => {
    const [route] = application!.nest.get(RouteDescriptions).list();
    const requirements = route!.requirements as Requirement[];
    const scope = requirements[1] as unknown as { anyOf: string[] };
    expect(() => requirements.pop()).toThrow(TypeError);
    expect(() => scope.anyOf.push('order:write')).toThrow(TypeError);
    expect(() => {
      scope.anyOf = [];
    }).toThrow(TypeError);
  });
});
