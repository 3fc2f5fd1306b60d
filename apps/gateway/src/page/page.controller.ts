import { readdirSync, readFileSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { Public } from '@countersign/nestjs';
import { notFound, refuseStrangers } from '@countersign/service-kit';
import type { GatewayConfig } from '../config.js';
import { GATEWAY_CONFIG } from '../gateway-config.js';

const FILES = new URL('../../public/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The page and what it loads: the files of `public/`, as they are. For development, from this machine to this machine. */
@Public()
@Controller()
export class PageController {
  /** The names are known from the beginning, so no path from outside is ever looked up. */
  readonly #names: ReadonlySet<string> = new Set(readdirSync(FILES));

  constructor(@Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig) {}

  @Get()
  show(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    refuseStrangers(request, 'visitor');
    this.#send('index.html', response);
  }

  @Get('page/:name')
  part(@Param('name') name: string, @Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    refuseStrangers(request, 'page');
    this.#send(name, response);
  }

  #send(name: string, response: ServerResponse): void {
    const type = TYPES[extname(name)];
    if (type === undefined || !this.#names.has(name)) throw notFound();
    response.writeHead(200, {
      'Content-Type': type,
      'Content-Security-Policy': this.#policy(),
      'Cache-Control': 'no-cache',
      // Not `no-referrer`: then a browser sends `Origin: null` with the form that logs out.
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
    });
    // Read each time: whoever works on the page sees it at once.
    response.end(readFileSync(new URL(name, FILES)));
  }

  /** Nothing from elsewhere, no script or style inside the page; the one form leads here. */
  #policy(): string {
    const { origin } = new URL(this.config.publicUrl);
    return `default-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; form-action ${origin}`;
  }
}
