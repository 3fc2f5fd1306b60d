import { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Inject, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import { Public } from '@countersign/nestjs';
import { inputInvalid } from '@countersign/service-kit';
import type { GatewayConfig } from '../config.js';
import { GATEWAY_CONFIG } from '../gateway-config.js';
import { refuseForeignOrigin } from '../session/cross-site.js';
import { SEALED_COOKIES, type SealedCookies } from '../session/sealed-cookies.js';
import { Sessions } from '../session/sessions.js';
import { loginRefused, type LoginSecrets, OpenIdLogin } from './open-id-login.js';
import { RefusalPageFilter } from './refusal-page.filter.js';
import { parseReturnPath } from './return-path.js';

/** How long somebody may look at the login page. */
const LOGIN_SECONDS = 600;

/** Logs a person in and out. What is known of a login that is under way is in a sealed cookie of that browser. */
@Public()
@Controller()
export class LoginController {
  constructor(
    private readonly login: OpenIdLogin,
    private readonly sessions: Sessions,
    @Inject(SEALED_COOKIES) private readonly cookies: SealedCookies,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get('login')
  @UseFilters(RefusalPageFilter)
  async begin(@Query('return') wanted: unknown, @Res() response: ServerResponse): Promise<void> {
    const path = typeof wanted === 'string' ? parseReturnPath(wanted, this.config.publicUrl) : undefined;
    if (wanted !== undefined && path === undefined)
      throw inputInvalid([{ pointer: '#/return', detail: 'must be a path of the gateway' }]);
    const { url, secrets } = await this.login.begin();
    await this.cookies.set(response, 'login', { ...secrets, path: path ?? '/' }, LOGIN_SECONDS);
    sendTo(response, url.href);
  }

  /**
   * The browser keeps the cookie of a login for one attempt, whatever comes of it. Whoever copied it can begin no session
   * with it but that one: a session has the id of its login, and is over for all of them when it was ended.
   */
  @Get('callback')
  @UseFilters(RefusalPageFilter)
  async finish(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    this.cookies.clear(response, 'login');
    const [sealed, ...others] = this.cookies.sent(request, 'login');
    const secrets = others.length > 0 ? undefined : await this.cookies.open('login', sealed);
    if (!isLogin(secrets)) throw loginRefused();
    const { search } = new URL(request.url ?? '', this.config.publicUrl);
    const { token, user, expiresInSeconds } = await this.login.finish(search, secrets);
    await this.sessions.begin(request, response, { id: secrets.state, user, token }, expiresInSeconds);
    sendTo(response, secrets.path);
  }

  /** Ends the session. The provider asks for the password again at the next login. */
  @Post('logout')
  async end(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    refuseForeignOrigin(request, this.config.publicUrl);
    await this.sessions.end(request, response);
    sendTo(response, '/');
  }
}

function isLogin(content: unknown): content is LoginSecrets & { readonly path: string } {
  return (
    typeof content === 'object' &&
    content !== null &&
    ['state', 'nonce', 'verifier', 'path'].every((name) => typeof Reflect.get(content, name) === 'string')
  );
}

function sendTo(response: ServerResponse, location: string): void {
  response
    .writeHead(303, { Location: location, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' })
    .end();
}
