import { Controller, Get, Inject, NotFoundException, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { type KeyStore } from '@countersign/core';
import { DEFAULT_VERIFIER_CACHE_SECONDS } from '@countersign/core/rotation';
import { KEY_STORE } from '../countersign.tokens.js';
import { Public } from '../inbound/decorators.js';

/** Express and Fastify call it the same. */
interface WithHeaders {
  header(name: string, value: string): unknown;
}

/**
 * Publishes our public keys (RFC 7517 section 5). An application with a global prefix must leave this path out of it:
 * `app.setGlobalPrefix('api', { exclude: ['.well-known/jwks.json'] })`.
 */
@Controller({ path: '.well-known', version: VERSION_NEUTRAL })
@Public()
export class JwksController {
  constructor(@Inject(KEY_STORE) private readonly keyStore: KeyStore | undefined) {}

  /**
   * Answers 404, as if there were no such route, where `forRootAsync` is given no keys: only then is that not known when Nest
   * asks for the routes. A key rotation waits for as long as the answer may be cached: both go by the key store.
   */
  @Get('jwks.json')
  publicKeys(@Res({ passthrough: true }) response: WithHeaders): object {
    if (this.keyStore === undefined) throw new NotFoundException('Cannot GET /.well-known/jwks.json');
    const maxAge = this.keyStore.verifierCacheSeconds ?? DEFAULT_VERIFIER_CACHE_SECONDS;
    response.header('Content-Type', 'application/jwk-set+json');
    response.header('Cache-Control', `public, max-age=${String(maxAge)}`);
    return this.keyStore.publicKeys();
  }
}
