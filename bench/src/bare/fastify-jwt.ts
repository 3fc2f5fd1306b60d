import fastifyJwt, { type TokenOrHeader } from '@fastify/jwt';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import buildGetJwks from 'get-jwks';
import { type BareGuard, type GuardSetup } from '../guards/guard.js';
import { onFastify } from './fastify-application.js';
import { hasRequiredScope } from './required-scope.js';

/**
 * `@fastify/jwt` with get-jwks, as its README shows them under "Verifying with JWKS"; the handler looks at the scopes. The keys come
 * from a fixed address, where the README takes the issuer's.
 */
export const fastifyJwtGuard: BareGuard = onFastify({
  name: 'fastify-jwt',
  title: '@fastify/jwt + get-jwks',
  package: '@fastify/jwt',
  build: (app, setup) => build(app, setup, false),
});

/** The same with its cache of verified tokens, at its default size of 1,000. */
export const fastifyJwtCached: BareGuard = onFastify({
  name: 'fastify-jwt-cached',
  title: '@fastify/jwt + get-jwks, cache',
  package: '@fastify/jwt',
  build: (app, setup) => build(app, setup, true),
});

async function build(app: FastifyInstance, setup: GuardSetup, cache: boolean): Promise<void> {
  const { algorithm, issuer, audience, jwksUri } = setup;
  const { href: domain } = new URL('.', jwksUri);
  const getJwks = buildGetJwks({ jwksPath: 'jwks.json' });
  await app.register(fastifyJwt, {
    decode: { complete: true },
    secret: (_request: FastifyRequest, token: TokenOrHeader) => {
      const { kid, alg } = ('header' in token ? token.header : token) as TokenHeader;
      return getJwks.getPublicKey({ kid, domain, alg });
    },
    verify: { allowedIss: issuer, allowedAud: audience, algorithms: [algorithm], ...(cache && { cache }) },
  });
  app.addHook('onRequest', async (request, reply) => {
    try {
      await request.jwtVerify();
    } catch (error) {
      reply.send(error);
    }
  });
  app.get('/', (request, reply) => (hasRequiredScope(request.user) ? 'hello' : reply.code(403).send()));
}

/** What every token of this benchmark has in its header. */
interface TokenHeader {
  readonly kid: string;
  readonly alg: string;
}
