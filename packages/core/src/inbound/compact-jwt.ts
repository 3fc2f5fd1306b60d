/** The parts of a compact JWT (RFC 7515 section 7.1), each in base64url as it was sent. */
export interface CompactJwt {
  readonly header: string;
  readonly claims: string;
  readonly signature: string;
  /** What the signature is over: header and claims with the dot between them. */
  readonly signingInput: string;
}

/**
 * Splits a compact JWT at its dots. Decodes nothing.
 * @returns undefined unless it has exactly three parts.
 */
export function splitCompactJwt(jwt: string): CompactJwt | undefined {
  const headerEnd = jwt.indexOf('.');
  const claimsEnd = jwt.indexOf('.', headerEnd + 1);
  if (headerEnd === -1 || claimsEnd === -1 || jwt.includes('.', claimsEnd + 1)) return undefined;
  return {
    header: jwt.slice(0, headerEnd),
    claims: jwt.slice(headerEnd + 1, claimsEnd),
    signature: jwt.slice(claimsEnd + 1),
    signingInput: jwt.slice(0, claimsEnd),
  };
}

/** Decodes one part. Returns undefined unless it is canonical base64url. */
export function decodePart(part: string): Buffer | undefined {
  const octets = Buffer.from(part, 'base64url');
  return isCanonical(octets, part) ? octets : undefined;
}

/**
 * Whether a part is exactly how its octets are written: Node forgives other characters and trailing bits, RFC 7515 section 2
 * does not. An empty part is never canonical.
 */
export function isCanonical(octets: Buffer, part: string): boolean {
  return octets.length > 0 && octets.toString('base64url') === part;
}
