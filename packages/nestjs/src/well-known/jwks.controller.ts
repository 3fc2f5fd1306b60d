import { Controller, Get, Inject, NotFoundException, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { type KeyStore } from '@countersign/core';
import { KEY_SET_PATH, keySetAnswer } from '@countersign/core/http';
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
   * asks for the routes.
   */
  @Get('jwks.json')
  publicKeys(@Res({ passthrough: true }) response: WithHeaders): object {
    if (this.keyStore === undefined) throw new NotFoundException(`Cannot GET ${KEY_SET_PATH}`);
    const { headers, document } = keySetAnswer(this.keyStore);
    for (const [name, value] of Object.entries(headers)) response.header(name, value);
    return document;
  }
}
