import { createHash, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { SERVICE } from './scene.js';

type Members = Readonly<Record<string, unknown>>;

/** A client that proves that it holds its key (RFC 9449). */
export class ProvingClient {
  readonly #privateKey: KeyObject;
  readonly #jwk: Members;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#privateKey = privateKey;
    const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
    this.#jwk = { crv, kty, x, y };
  }

  /** What binds a token to the key: its thumbprint (RFC 7638). */
  get cnf(): Members {
    return { jkt: sha256(JSON.stringify(this.#jwk)) };
  }

  /** A proof for one read with a token, with other claims where a test says so. */
  proof(token: string, now: number, claims: Members = {}): string {
    const parts = [
      { typ: 'dpop+jwt', alg: 'ES256', jwk: this.#jwk },
      {
        jti: randomUUID(),
        htm: 'GET',
        htu: new URL('/read', SERVICE).href,
        iat: now,
        ath: sha256(token),
        ...claims,
      },
    ];
    const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const key = { key: this.#privateKey, dsaEncoding: 'ieee-p1363' } as const;
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
