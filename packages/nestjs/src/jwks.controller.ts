import { Controller, Get, Header, Inject, VERSION_NEUTRAL } from '@nestjs/common';
import { type KeyStore } from '@countersign/core';
import { KEY_STORE } from './countersign.tokens.js';
import { Public } from './inbound/decorators.js';

/**
 * Publishes our public keys (RFC 7517 section 5). An application with a global prefix must leave this path out of it:
 * `app.setGlobalPrefix('api', { exclude: ['.well-known/jwks.json'] })`.
 */
@Controller({ path: '.well-known', version: VERSION_NEUTRAL })
@Public()
export class JwksController {
  constructor(@Inject(KEY_STORE) private readonly keyStore: KeyStore) {}

  @Get('jwks.json')
  @Header('Content-Type', 'application/jwk-set+json')
  @Header('Cache-Control', 'public, max-age=300')
  publicKeys(): object {
    return this.keyStore.publicKeys();
  }
}
