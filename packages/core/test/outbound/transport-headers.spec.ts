import { isTransportHeader } from '../../src/outbound/transport-headers.js';

describe('a header', () => {
  it.each([
    ...[
      'Host',
      'content-length',
      'TRANSFER-ENCODING',
      'Connection',
      'Keep-Alive',
      'TE',
      'Trailer',
      'Upgrade',
      'Expect',
    ],
    ...[
      'HTTP2-Settings',
      'Alt-Used',
      'Proxy-Connection',
      'proxy-authorization',
      'Proxy-Anything',
      'Transfer_Encoding',
      'content_length',
      'Proxy_Authorization',
      'HTTP2_Settings',
      ':authority',
      ':path',
    ],
  ])('is about the connection: %s', (name) => {
    expect(isTransportHeader(name)).toBe(true);
  });

  it.each([
    ...[
      'Content-Type',
      'Content-Encoding',
      'Content-Range',
      'Authorization',
      'X-Api-Key',
      'Cookie',
      'Accept',
    ],
    ...[
      'Upgrade-Insecure-Requests',
      'Via',
      'Forwarded',
      'X-Forwarded-Host',
      'Prefer',
      'X-Host',
      'x_host',
      'Content_Type',
      'Early-Data',
      '',
    ],
  ])('is about something else: %j', (name) => {
    expect(isTransportHeader(name)).toBe(false);
  });
});
