import { Injectable } from '@nestjs/common';
import { luggageOf, type HandledRequest, type RawRequest } from './luggage.js';

/** Under this name a request carries its `user`, where that is no member of its own. */
const USER = Symbol('countersign:user');

/** What stands in `request.user`: the principal, until the application puts something else there. */
@Injectable()
export class RequestUser {
  #isKeptInLuggage = false;

  /**
   * Lets `request.user` of an Express application hang on the headers: whoever sets it, be it a guard of ours or of passport,
   * adds no member to the request (see `luggageOf`).
   * @param requests what Express makes the prototype of its requests. Left as it is when somebody has defined `user` there.
   */
  keepInLuggage(requests: object): void {
    if ('user' in requests) return;
    this.#isKeptInLuggage = true;
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

  /** As AuthGuard does when passport is done. */
  set(request: HandledRequest, user: unknown): void {
    if (this.#isKeptInLuggage) luggageOf(request)[USER] = user;
    else request.user = user;
  }
}
