import { type RawRequest, type RequestStates } from './request-scope.js';

/**
 * Lets `request.user` of an Express application stand in the state of the request: whoever sets it, be it a guard of ours or
 * of passport, adds no member to the request (see `luggageOf`).
 * @param requests what Express makes the prototype of its requests. Left as it is when somebody has defined `user` there.
 */
export function keepUserInState(requests: object, states: RequestStates): void {
  if ('user' in requests) return;
  Object.defineProperty(requests, 'user', {
    configurable: true,
    get(this: RawRequest) {
      return states.of(this)?.user;
    },
    set(this: RawRequest, user: unknown) {
      const state = states.of(this);
      if (state !== undefined) state.user = user;
      // Nothing is known of it: it came by another way, and has its member as anywhere else.
      else
        Object.defineProperty(this, 'user', {
          value: user,
          configurable: true,
          enumerable: true,
          writable: true,
        });
    },
  });
}
