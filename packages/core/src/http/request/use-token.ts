import { CountersignError } from '../../errors.js';
import { attachedState, type HandledRequest } from './request-state.js';

/**
 * Says which token a request carries, for middleware that finds it elsewhere than in a header, such as in a cookie. The token is
 * checked as one that was sent by the scheme `Bearer`. Checks nothing itself: a cookie also needs a defence against cross-site
 * requests, which is yours. To change `request.headers.authorization` has no effect.
 *
 * Call it after Countersign has seen the request, and before it authenticates it: in Nest, in any middleware.
 * @param token anything that a client sent; what is no token is refused when the request is authenticated.
 * @throws CountersignError `config_invalid` for a request that Countersign has not seen, or has authenticated already;
 * `request_malformed` for a second token. A token in a header beside it is `request_malformed` later.
 * @example
 * export function tokenFromCookie(request: Request, _response: Response, next: () => void): void {
 *   const token = request.cookies['session'];
 *   if (token !== undefined) useToken(request, token);
 *   next();
 * }
 */
export function useToken(request: HandledRequest, token: string): void {
  const state = attachedState(request);
  if (state === undefined)
    throw new CountersignError(
      'config_invalid',
      'useToken() got a request that Countersign has not seen: call it in middleware that runs after Countersign’s own',
    );
  if (state.authentication !== undefined)
    throw new CountersignError(
      'config_invalid',
      'useToken() got a request that is authenticated already: call it in middleware, before the guards',
    );
  const given: unknown = token;
  if (typeof given !== 'string')
    throw new CountersignError('request_malformed', 'useToken() was given something else than a text');
  if (state.token !== undefined && state.token !== given)
    throw new CountersignError('request_malformed', 'useToken() was given two tokens for one request');
  state.token = given;
}
