import { type Scope } from '@nestjs/common';
import { Public, Scopes } from '@countersign/nestjs';
import { type Variant } from './reached.js';

/** What stands on a class and on each of its handlers. */
interface Decorators {
  readonly onClass: ClassDecorator;
  readonly onMethod: MethodDecorator;
}

/** One set of handlers: how they are decorated, and for how long an instance of their class lives. */
export interface Handlers {
  readonly variant: Variant;
  readonly scope: Scope;
}

const nothing = () => undefined;

export const DECORATORS: Readonly<Record<Variant, Decorators>> = {
  method: { onClass: nothing, onMethod: Scopes('user:read') },
  class: { onClass: Scopes('user:read'), onMethod: nothing },
  none: { onClass: nothing, onMethod: nothing },
  public: { onClass: nothing, onMethod: Public() },
  throws: { onClass: Public(), onMethod: nothing },
};
