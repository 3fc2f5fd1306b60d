import { luggageOf, type RawRequest } from './attachments.js';

/** Under this name a request of Express carries its `user`, which is no member of its own. */
const USER = Symbol('countersign:user');

/**
 * Lets `request.user` of an Express application hang on the headers: whoever sets it, be it a guard of ours or of passport,
 * adds no member to the request (see `luggageOf`). A request that has one already keeps it, and that is set then.
 * @param requests what Express makes the prototype of its requests. Left as it is when somebody has defined `user` there.
 */
export function keepUserInLuggage(requests: object): void {
  if ('user' in requests) return;
  Object.defineProperty(requests, 'user', {
    configurable: true,
    get(this: RawRequest) {
      return luggageOf(this)[USER];
    },
    set(this: RawRequest, user: unknown) {
      luggageOf(this)[USER] = user;
    },
  });
}
