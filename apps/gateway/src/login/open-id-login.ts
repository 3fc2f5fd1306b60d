import { Inject, Injectable } from '@nestjs/common';
import type { KeyStore } from '@countersign/core';
import { KEY_STORE } from '@countersign/nestjs';
import { Problem } from '@countersign/service-kit';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientError,
  type Configuration,
  discovery,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  ResponseBodyError,
} from 'openid-client';
import type { GatewayConfig } from '../config.js';
import { GATEWAY_CONFIG } from '../gateway-config.js';
import { byOwnKey } from './client-assertion.js';

/** What must come back from the provider, and what must not be seen on the way. */
export interface LoginSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** A user, and the user's access token. */
export interface LoggedIn {
  /** The `sub` at the provider. */
  readonly user: string;
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** What the page needs. */
const SCOPE = 'openid user:read notification:send notification:read';
const TIMEOUT_SECONDS = 5;
const RETRY_AFTER_SECONDS = 5;
/** RFC 6749 section 5.1 leaves `expires_in` out at will; the token's own `exp` is checked with each request. */
const DEFAULT_SESSION_SECONDS = 300;

/** Logs users in at the OpenID provider, by code and PKCE. Its metadata is asked for at the first login, not at start. */
@Injectable()
export class OpenIdLogin {
  #provider: Promise<Configuration> | undefined;

  constructor(
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(KEY_STORE) private readonly keyStore: KeyStore,
  ) {}

  /**
   * Where to send the browser.
   * @throws Problem `provider_unavailable`.
   */
  async begin(): Promise<{ readonly url: URL; readonly secrets: LoginSecrets }> {
    const provider = await this.#discovered();
    const secrets = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
    const url = buildAuthorizationUrl(provider, {
      redirect_uri: new URL('callback', this.config.publicUrl).href,
      scope: SCOPE,
      resource: this.config.serviceUrl,
      state: secrets.state,
      nonce: secrets.nonce,
      code_challenge: await calculatePKCECodeChallenge(secrets.verifier),
      code_challenge_method: 'S256',
      // Whoever logs out here and in again may be somebody else.
      prompt: 'login',
    });
    return { url, secrets };
  }

  /**
   * The token for what the provider sent the browser back with. Checks `state`, `nonce`, `iss` and the PKCE secret; the
   * access token itself is checked where it is used.
   * @param query with its `?`.
   * @throws Problem `login_refused`, `provider_unavailable`.
   */
  async finish(query: string, { state, nonce, verifier }: LoginSecrets): Promise<LoggedIn> {
    const provider = await this.#discovered();
    const url = new URL(`callback${query}`, this.config.publicUrl);
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
    const granted = await authorizationCodeGrant(provider, url, checks).catch((error: unknown) => {
      throw isRefusal(error) ? loginRefused(error) : unavailable(error);
    });
    // The nonce is in an ID token, so there is one.
    const user = granted.claims()?.sub;
    if (user === undefined) throw loginRefused();
    const expiresInSeconds = granted.expires_in ?? DEFAULT_SESSION_SECONDS;
    return { user, token: granted.access_token, expiresInSeconds };
  }

  /** One at a time; a failure is not kept. */
  async #discovered(): Promise<Configuration> {
    this.#provider ??= this.#discover();
    try {
      return await this.#provider;
    } catch (error) {
      this.#provider = undefined;
      throw unavailable(error);
    }
  }

  #discover(): Promise<Configuration> {
    const { provider, clientId } = this.config.login;
    const isPlain = new URL(provider).protocol === 'http:';
    return discovery(
      new URL(provider),
      clientId,
      { id_token_signed_response_alg: 'ES256' },
      byOwnKey(this.keyStore),
      // The configuration lets plain http through for loopback only, which is what it is deprecated for.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      { timeout: TIMEOUT_SECONDS, execute: isPlain ? [allowInsecureRequests] : [] },
    );
  }
}

/** What came back is not what was asked for: another state, another nonce, another issuer. */
const REFUSALS: ReadonlySet<string> = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
]);

/** Answers that will not get better: the provider says no, or what it says is not what was asked for. */
function isRefusal(error: unknown): boolean {
  if (error instanceof AuthorizationResponseError) return true;
  if (error instanceof ResponseBodyError) return error.error === 'invalid_grant';
  return error instanceof ClientError && REFUSALS.has(error.code ?? '');
}

/** The person may try again from the beginning. */
export function loginRefused(cause?: unknown): Problem {
  const title = 'The login could not be completed. Please log in again.';
  return new Problem({ status: 400, code: 'login_refused', title }, { cause });
}

function unavailable(cause: unknown): Problem {
  return new Problem(
    {
      status: 503,
      code: 'provider_unavailable',
      title: 'The identity provider is temporarily unavailable.',
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    },
    { cause },
  );
}
