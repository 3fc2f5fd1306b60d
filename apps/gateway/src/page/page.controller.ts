import { Controller, Get, Header } from '@nestjs/common';
import { Public } from '@countersign/nestjs';

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Gateway</title></head>
<body><main><h1>Gateway</h1><p><a href="/login">Log in</a>, then see <a href="/api/me">who you are</a>.</p></main></body></html>`;

@Public()
@Controller()
export class PageController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
  show(): string {
    return PAGE;
  }
}
