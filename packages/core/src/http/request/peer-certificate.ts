import { TLSSocket } from 'node:tls';

/**
 * The certificate that a client showed on its TLS connection, in DER; undefined when it showed none, or when TLS ended
 * before this process. That the client has its key is sure by TLS; nothing else about it is.
 */
export function peerCertificate(socket: unknown): Uint8Array | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  // Where there is none Node answers an empty object, or null when the connection is gone, whatever the type says.
  const certificate: unknown = socket.getPeerCertificate();
  const hasOne = typeof certificate === 'object' && certificate !== null && 'raw' in certificate;
  return hasOne && certificate.raw instanceof Uint8Array ? certificate.raw : undefined;
}
