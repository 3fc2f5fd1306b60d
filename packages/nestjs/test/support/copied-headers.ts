/** Headers of an incoming request that are about its own connection, as a copy of all of them has them. */
export const COPIED: Readonly<Record<string, string>> = {
  Host: 'tenant.example',
  'Content-Length': '5',
  'Transfer-Encoding': 'chunked',
  Connection: 'Upgrade, X-Per-Hop, Authorization , countersign-timeout-ms',
  'Keep-Alive': 'timeout=5',
  'X-Per-Hop': 'of the other connection',
  Expect: '100-continue',
  Upgrade: 'websocket',
  TE: 'trailers',
  Trailer: 'X-Checksum',
  'Proxy-Authorization': 'Basic eDp5',
  'Proxy-Connection': 'keep-alive',
  'HTTP2-Settings': 'AAMAAABkAAQAoAAAAAIAAAAA',
  'Alt-Used': 'tenant.example',
  'Countersign-Timeout-Ms': '600000',
  // Some servers and gateways take an underscore for a hyphen.
  Transfer_Encoding: 'chunked',
  content_length: '5',
  X_Per_Hop: 'of the other connection',
  Countersign_Timeout_Ms: '600000',
  Delegation_Proof: 'of the other request',
  'X-Request-Id': 'kept',
  ':authority': 'tenant.example',
  ':path': '/',
};
/** Octets that are a request where one is read from them. */
export const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
/** Its first five octets could be taken for all of it. */
export const BODY = `12345${SMUGGLED}`;
