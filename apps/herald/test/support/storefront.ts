import { TestIssuer } from '@countersign/testing';

/** Herald's own address, wherever it listens. */
export const HERALD = 'https://herald.service/';

/** The URI of one of census's users. */
export function userUri(id: number): string {
  return `https://census.service/user/${id}/`;
}

export interface Call {
  /** Default GET. */
  readonly method?: string;
  readonly path: string;
  /** Sent as JSON, or as it is when it is a string. */
  readonly body?: unknown;
  /** The id of the user in whose name the call is made; none for the storefront itself. */
  readonly as?: number;
  /** Default all that herald and census ask for. */
  readonly scope?: string;
  readonly roles?: readonly string[];
  readonly idempotencyKey?: string;
}

/** The service that calls herald. */
export interface Storefront {
  readonly issuer: TestIssuer;
  call(heraldUrl: string, call: Call): Promise<Response>;
  close(): Promise<void>;
}

export async function startStorefront(): Promise<Storefront> {
  const issuer = await TestIssuer.start({ issuer: 'https://storefront.service/' });
  return {
    issuer,
    async call(heraldUrl, { method = 'GET', path, body, as, scope, roles, idempotencyKey }) {
      const content = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
      const token = await issuer.token({
        audience: HERALD,
        claims: {
          sub: as === undefined ? issuer.issuer : userUri(as),
          scope: scope ?? 'notification:send notification:read user:read',
          roles,
        },
        bind: { method, url: path, ...(content !== undefined && { body: content }) },
      });
      const headers = {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
      };
      return fetch(`${heraldUrl}${path}`, {
        method,
        headers,
        ...(content !== undefined && { body: content }),
      });
    },
    close: () => issuer.close(),
  };
}

/** What herald must trust for a storefront to use it. */
export function storefrontTrust({ issuer }: Storefront) {
  const scopes = ['notification:send', 'notification:read', 'user:read'];
  return [issuer.trustRecord({ scopes, actsFor: ['https://census.service/user/'] })];
}
