import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KeyObject } from 'node:crypto';
import { EncryptJWT, errors, jwtDecrypt, type JWTPayload } from 'jose';

/** Injects the `SealedCookies`. */
export const SEALED_COOKIES = Symbol('SEALED_COOKIES');

/** What a cookie is for: one that was sealed for the one is not opened for the other. */
export type CookiePurpose = 'session' | 'login';

export interface SealedCookiesOptions {
  readonly key: KeyObject;
  /** Whether browsers reach us by https; only then may cookies be `Secure`. */
  readonly isSecure: boolean;
}

/** Cookies that only we can read and make (RFC 7516, AES-256-GCM): their content, their purpose and their end. */
export interface SealedCookies {
  /** What the browser sent under that name, sealed; more than one is more than a browser of ours has. */
  sent(request: IncomingMessage, purpose: CookiePurpose): readonly string[];
  /** The content; undefined when it was not sealed by us for that, was changed, or is over. */
  open(purpose: CookiePurpose, sealed: string | undefined): Promise<JWTPayload | undefined>;
  set(
    response: ServerResponse,
    purpose: CookiePurpose,
    content: Content,
    lifetimeSeconds: number,
  ): Promise<void>;
  clear(response: ServerResponse, purpose: CookiePurpose): void;
}

type Content = Readonly<Record<string, string | number>>;

/** Makes the reader and writer of our cookies. */
export function sealedCookies({ key, isSecure }: SealedCookiesOptions): SealedCookies {
  // The prefix has browsers refuse a cookie that a neighbouring host or plain http tries to set.
  const nameOf = (purpose: CookiePurpose) => `${isSecure ? '__Host-' : ''}gateway-${purpose}`;
  // Lax, not Strict: the provider sends the browser back to us with the cookie of the login.
  const attributes = `; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  return {
    sent: (request, purpose) => valuesOf(request.headers.cookie ?? '', nameOf(purpose)),

    async open(purpose, sealed) {
      if (sealed === undefined || !isCanonical(sealed)) return undefined;
      try {
        const { payload } = await jwtDecrypt(sealed, key, {
          audience: purpose,
          requiredClaims: ['exp'],
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        });
        return payload;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },

    async set(response, purpose, content, lifetimeSeconds) {
      const sealed = await new EncryptJWT({ ...content })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setAudience(purpose)
        .setExpirationTime(Math.floor(Date.now() / 1000) + lifetimeSeconds)
        .encrypt(key);
      const cookie = `${nameOf(purpose)}=${sealed}; Max-Age=${String(lifetimeSeconds)}${attributes}`;
      response.appendHeader('Set-Cookie', cookie);
    },

    clear(response, purpose) {
      response.appendHeader('Set-Cookie', `${nameOf(purpose)}=; Max-Age=0${attributes}`);
    },
  };
}

/** As we write it: a header, no key, 12 octets of IV, the ciphertext, 16 octets of tag (RFC 7518 section 5.3). */
const SEALED = /^[\w-]+\.\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/;

/** Decoders forgive padding, white space and bits that stand for nothing: with them, one cookie has many texts. */
function isCanonical(sealed: string): boolean {
  const isSame = (part: string) => Buffer.from(part, 'base64url').toString('base64url') === part;
  return SEALED.test(sealed) && sealed.split('.').every(isSame);
}

/**
 * Every value under that name (RFC 6265 section 4.2.1); ours need no decoding. Before a name nothing is removed but space and
 * tab: a neighbouring host may set a cookie whose name is a no-break space and then `__Host-`.
 */
function valuesOf(header: string, name: string): readonly string[] {
  return header
    .split(';')
    .map((pair) => pair.replace(/^[ \t]+/, ''))
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}
