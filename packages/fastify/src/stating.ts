import { type FastifyRequest } from 'fastify';
import { policy as corePolicy, type Permits, type Stated } from '@countersign/core/http';

/**
 * Requires rules of your own, which are checked after the other requirements, before the body is parsed. All must permit the request;
 * one that returns false refuses it with `policy_refused` (403), and what one throws is passed on unchanged.
 * @example
 * const mine = policy((principal, request) => owns(principal, request.params));
 * app.get('/order/:id', { config: { countersign: [scopes('order:read'), mine] } }, handler);
 */
export function policy(
  ...policies: readonly [Permits<FastifyRequest>, ...Permits<FastifyRequest>[]]
): Stated<FastifyRequest> {
  return corePolicy(...policies);
}
