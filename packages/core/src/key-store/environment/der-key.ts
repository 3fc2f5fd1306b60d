import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { invalidOption } from '../../options.js';
import { errorCode } from '../../lib/error-text.js';

export const PUBLIC = 'is a public key; signing needs the private one';
export const CERTIFICATE = 'is a certificate; signing needs the private key that belongs to it';
export const ENCRYPTED = 'is encrypted; decrypt it before you hand it over';
export const DAMAGED = 'is damaged: what it holds is not a private key in PKCS8, SEC1 or PKCS1';
export const CUT_OFF =
  'is cut off; where only the first line of a value is kept, write it in one line, with \\n for its line breaks';

const SEQUENCE = 0x30;

/**
 * Reads a private key in DER: PKCS8 (RFC 5958), SEC1 (RFC 5915) or PKCS1 (RFC 8017 appendix A.1.2).
 * @returns PKCS8 in PEM; undefined for octets that do not begin like DER.
 * @throws TypeError `config_invalid` for what is something else, cut off or damaged; names `path` only.
 */
export function privateKeyInDer(octets: Buffer, path: string): string | undefined {
  const length = lengthOfDer(octets);
  if (length === undefined) return undefined;
  if (length > octets.length) throw invalidOption(path, CUT_OFF);
  const codes = new Set<string | undefined>();
  for (const type of ['pkcs8', 'sec1', 'pkcs1'] as const)
    try {
      const key = createPrivateKey({ key: octets, format: 'der', type });
      return key.export({ format: 'pem', type: 'pkcs8' }).toString();
    } catch (error) {
      codes.add(errorCode(error));
    }
  throw invalidOption(path, codes.has('ERR_MISSING_PASSPHRASE') ? ENCRYPTED : whatElse(octets));
}

/** What octets that are no private key are instead. */
function whatElse(octets: Buffer): string {
  const attempts = [
    [PUBLIC, () => createPublicKey({ key: octets, format: 'der', type: 'spki' })],
    [PUBLIC, () => createPublicKey({ key: octets, format: 'der', type: 'pkcs1' })],
    [CERTIFICATE, () => new X509Certificate(octets)],
  ] as const;
  for (const [what, read] of attempts)
    try {
      read();
      return what;
    } catch {
      // Then it is something else; OpenSSL's words about it are of no use.
    }
  return DAMAGED;
}

/** How long the octets must be by what they say themselves (X.690 section 8.1.3); undefined where they are no DER. */
function lengthOfDer(octets: Buffer): number | undefined {
  const [tag, first = 0] = octets;
  if (tag !== SEQUENCE) return undefined;
  if (first < 0x80) return 2 + first;
  const size = first - 0x80;
  if (size === 0 || size > 4) return undefined;
  return octets.length < 2 + size ? Infinity : 2 + size + octets.readUIntBE(2, size);
}
