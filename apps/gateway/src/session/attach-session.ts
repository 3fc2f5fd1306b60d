import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import { CountersignError } from '@countersign/core';
import type { GatewayConfig } from '../config.js';
import { GATEWAY_CONFIG } from '../gateway-config.js';
import { refuseCrossSite } from './cross-site.js';
import { Sessions } from './sessions.js';

/**
 * Puts the access token of the session's cookie where a program would have sent it: into `Authorization`. From there on a
 * browser's request is checked as any other, by the same guards; a session is worth no more than its token.
 */
@Injectable()
export class AttachSession implements NestMiddleware<IncomingMessage, ServerResponse> {
  constructor(
    private readonly sessions: Sessions,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /**
   * @throws CountersignError `request_malformed` for a session beside another credential: which of the two is meant?
   * @throws Problem `cross_site_refused`.
   */
  async use(request: IncomingMessage, response: ServerResponse, next: () => void): Promise<void> {
    const [sealed, ...others] = this.sessions.sent(request);
    if (sealed === undefined) {
      next();
      return;
    }
    if (others.length > 0 || request.headers.authorization !== undefined || 'jwt' in request.headers)
      throw new CountersignError('request_malformed', 'a session came together with another credential');
    const session = await this.sessions.open(sealed);
    if (session === undefined) {
      this.sessions.forget(response);
    } else {
      refuseCrossSite(request, this.config.publicUrl);
      const value = `Bearer ${session.token}`;
      request.rawHeaders.push('Authorization', value);
      request.headers.authorization = value;
    }
    next();
  }
}
