/**
 * RFC 9110 sections 7.2 (`Host`), 7.6.1 (for one connection), 8.6 and 10.1.1, RFC 9112 section 6, RFC 7540 section 3.2.1
 * and RFC 7838 section 5.
 */
const TRANSPORT_HEADERS: ReadonlySet<string> = new Set([
  'host', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'te', 'trailer', 'upgrade', 'expect',
  'http2-settings', 'alt-used',
]); // prettier-ignore

/**
 * Whether a header says how a message is framed or routed, or how its connection is kept. Only the sender of that very
 * message can know, so such headers must not be copied from another one. Pseudo headers of HTTP/2 are among them, and names with
 * underscores, which some servers and gateways take for hyphens.
 */
export function isTransportHeader(name: string): boolean {
  const folded = foldedHeader(name);
  return TRANSPORT_HEADERS.has(folded) || folded.startsWith('proxy-') || folded.startsWith(':');
}

/** One spelling for all names that some server takes for the same header. */
export function foldedHeader(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
