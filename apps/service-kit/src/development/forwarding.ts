import type { IncomingMessage } from 'node:http';

/**
 * What proxies, load balancers and content delivery networks say of a request that they hand on, and no client says of
 * itself. Names as they are compared: lower case, hyphens for underscores.
 */
const SAID_BY_PROXIES = [
  // RFC 7239, and what was there before it: `X-Forwarded-For`, `-Host`, `-Proto`, `-User`, ...
  /^(x-)?forward(ed)?(-|$)/,
  // RFC 9110 sections 7.6.2 and 7.6.3, RFC 8586, RFC 9440.
  /^((x-)?via|max-forwards|cdn-loop|client-cert(-chain)?)$/,
  // Whose address it came from: `X-Real-IP`, `True-Client-IP`, `CF-Connecting-IPv6`, `X-Azure-ClientIP`, ...
  /(^|-|client|socket)ip(v?[46])?$/,
  /-addr(ess)?$/,
  // What it was before the proxy changed it, and that TLS ended there.
  /^x-(original|rewrite)-/,
  /^x-(host|scheme|ssl(-.*)?)$/,
  /^front-end-https$/,
  /^x-(request|queue)-start$/,
  // Whom a proxy let in: `X-Auth-Request-User`, `Remote-User`, ...
  /^(x-)?(auth-request|authenticated|remote|webauth)-/,
  // Proxies by name.
  /^(x-)?proxy-/,
  /^(cf|fastly|fly|ngrok|tailscale)-/,
  /^x-(akamai|amz|amzn|appengine|arr|azure|envoy|varnish|vercel)(-|$)/,
];

const remembered = new WeakSet<IncomingMessage>();

/**
 * Remembers whether a proxy handed the request on, for an application that removes headers: to be called before it does.
 */
export function rememberForwarding(request: IncomingMessage): void {
  if (namesProxy(request)) remembered.add(request);
}

/**
 * Says whether a proxy handed the request on. HTTP/1.0 says it too: nginx speaks it to what is behind it, and adds nothing,
 * unless it is told otherwise; browsers and our own programs speak HTTP/1.1. A proxy that keeps silent in every way
 * cannot be told from a program of this machine.
 */
export function isForwarded(request: IncomingMessage): boolean {
  return request.httpVersion !== '1.1' || remembered.has(request) || namesProxy(request);
}

function namesProxy({ headers }: IncomingMessage): boolean {
  return Object.keys(headers).some((name) => {
    const compared = name.replaceAll('_', '-');
    return SAID_BY_PROXIES.some((pattern) => pattern.test(compared));
  });
}
