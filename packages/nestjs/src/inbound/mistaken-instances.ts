import { type Type } from '@nestjs/common';
import { CountersignError } from '@countersign/core';
import { type Wrapper } from '../lib/nest-modules.js';
import { isInstanceOf } from './handler-kinds.js';

/** The context of what Nest makes once. Others have an id between 0 and 1. */
const STATIC_CONTEXT_ID = 1;

const watched = new WeakSet<Wrapper>();

/**
 * Nest knows a handler by the class that its instance names; what is stated on another one would be lost. So no instance may name
 * another: neither the one that is there, nor one that Nest makes for a request, which is looked at when Nest takes it up.
 * @throws CountersignError `config_invalid`.
 */
export function refuseMistakenInstances(type: Type, wrapper: Wrapper): void {
  refuseMistaken(type, wrapper.instance);
  if (watched.has(wrapper)) return;
  watched.add(wrapper);
  const takeUp = wrapper.getInstanceByContextId.bind(wrapper);
  wrapper.getInstanceByContextId = (context, inquirerId) => {
    const taken = takeUp(context, inquirerId);
    if (context.id !== STATIC_CONTEXT_ID) refuseMistaken(type, taken.instance);
    return taken;
  };
}

function refuseMistaken(type: Type, instance: unknown): void {
  if (isInstanceOf(type, instance)) return;
  throw new CountersignError(
    'config_invalid',
    `the instance of ${type.name} names another class as its constructor, so what is stated on ${type.name} would be lost: let ` +
      'no mixin copy the constructor along with the methods, no class decorator replace the class by a Proxy or a function, ' +
      'and no constructor return an object of another class',
  );
}
