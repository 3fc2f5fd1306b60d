import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizedCall, Authorizer } from '@countersign/core';
import { tokenIdHash } from '@countersign/core/http';
import { AUTHORIZER, createKeyStore, KEY_STORE, type KeyStore, RequestScope } from '@countersign/nestjs';
import { type ClaimedCall, notFound, Problem, signCall, uriRoot } from '@countersign/service-kit';
import type { GatewayConfig } from '../config.js';
import { Upstreams } from '../forward/upstreams.js';
import { GATEWAY_CONFIG } from '../gateway-config.js';
import { type Attempt, type AttemptStep, send } from './attempt.js';
import { DecisionBoard } from './decision-board.js';

type Script = () => Promise<Omit<Attempt, 'name'>>;

const userUri = (audience: string, id: number) => `${uriRoot(audience)}user/${String(id)}/`;

/** Tries what must be refused: real requests with real tokens, to the services behind the gateway. */
@Injectable()
export class Attempts {
  readonly #scripts: ReadonlyMap<string, Script> = new Map<string, Script>([
    ['changed-body', () => this.#changeBody()],
    ['replay', () => this.#replay()],
    ['stolen-key', () => this.#useStolenKey()],
    ['wrong-user', () => this.#speakForCustomer()],
    ['provider-token', () => this.#goPastTheGateway()],
  ]);

  constructor(
    private readonly scope: RequestScope,
    private readonly board: DecisionBoard,
    private readonly upstreams: Upstreams,
    @Inject(AUTHORIZER) private readonly authorizer: Authorizer,
    @Inject(KEY_STORE) private readonly keyStore: KeyStore,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** The names of those that can be tried here. */
  get names(): readonly string[] {
    const names = [...this.#scripts.keys()];
    return this.config.stolenKeysDirectory === undefined
      ? names.filter((name) => name !== 'stolen-key')
      : names;
  }

  /** Tries one, shows it on the board, and says what came of it. */
  async play(name: string): Promise<Attempt> {
    const script = this.names.includes(name) ? this.#scripts.get(name) : undefined;
    if (script === undefined) throw notFound();
    const attempt = { name, ...(await this.#played(script)) };
    this.board.add({
      service: 'gateway',
      direction: 'attempt',
      time: new Date().toISOString(),
      transactionId: this.scope.transactionId,
      ...attempt,
    });
    return attempt;
  }

  async #played(script: Script): Promise<Omit<Attempt, 'name'>> {
    try {
      return await script();
    } catch (cause) {
      if (!(cause instanceof TypeError) && !(cause instanceof DOMException)) throw cause;
      const title = 'A service behind the gateway is temporarily unavailable.';
      throw new Problem(
        { status: 503, code: 'upstream_unavailable', title, retryAfterSeconds: 5 },
        { cause },
      );
    }
  }

  async #changeBody() {
    const { url, token, body, tokenIdHash: caught } = await this.#caughtCall();
    const { audience } = this.upstreams.census;
    const changed = body.replace(userUri(audience, 42), userUri(audience, 7));
    const says = 'changes the body: user 42 becomes user 7. The token stays.';
    const step = await send({
      from: 'intruder',
      to: 'herald',
      url,
      method: 'POST',
      token,
      body: changed,
      says,
    });
    return {
      title: 'Somebody on the way to herald changes the body',
      caughtTokenIdHash: caught,
      steps: [step],
    };
  }

  async #replay() {
    const { url, token, body, tokenIdHash: caught } = await this.#caughtCall();
    const call = { from: 'intruder', to: 'herald', url, method: 'POST', token, body } as const;
    const steps: AttemptStep[] = [
      await send({ ...call, says: 'hands the call on as it is, and keeps a copy.' }),
      await send({ ...call, says: 'sends the copy: the same token, once more.' }),
    ];
    return {
      title: 'Somebody on the way to herald sends a call twice',
      caughtTokenIdHash: caught,
      steps,
    };
  }

  async #useStolenKey() {
    const keys = await createKeyStore({ directory: this.config.stolenKeysDirectory ?? '' });
    const step = await this.#askCensus('intruder', keys, {
      service: this.upstreams.herald.audience,
      user: 21,
      path: 'user/42/',
      says: "signs with herald's stolen key, in the name of user 21, who did not call herald.",
    }).finally(() => keys.close());
    return { title: "A thief with herald's key asks census about user 42", steps: [step] };
  }

  async #speakForCustomer() {
    const step = await this.#askCensus('gateway', this.keyStore, {
      service: this.config.serviceUrl,
      user: 42,
      path: 'user/7/',
      says: 'asks in the name of user 42, a customer, for the record of user 7.',
    });
    return { title: 'A customer asks for the record of the administrator', steps: [step] };
  }

  async #goPastTheGateway() {
    const url = new URL('user/42/', this.upstreams.census.url);
    const token = this.scope.authentication?.token ?? '';
    const says = "sends the provider's access token straight to census.";
    const step = await send({ from: 'you', to: 'census', url, method: 'GET', token, says });
    return { title: "The provider's token goes straight to census, past the gateway", steps: [step] };
  }

  async #askCensus(
    from: AttemptStep['from'],
    keyStore: KeyStore,
    { service, user, path, says }: Pick<ClaimedCall, 'service' | 'path'> & { user: number; says: string },
  ): Promise<AttemptStep> {
    const { url, audience } = this.upstreams.census;
    const token = await signCall(keyStore, {
      service,
      audience,
      method: 'GET',
      path: `/${path}`,
      user: userUri(audience, user),
      scope: 'user:read',
      transactionId: this.scope.transactionId ?? '',
    });
    return send({ from, to: 'census', url: new URL(path, url), method: 'GET', token, says });
  }

  /** A call to herald as the gateway makes it, which never arrives: the token is in the hands of somebody else. */
  async #caughtCall() {
    const { census, herald } = this.upstreams;
    const url = new URL('notification/', herald.url);
    const body = JSON.stringify({ user: userUri(census.audience, 42), type: 'welcome-message' });
    const scopes = ['notification:send', 'user:read'];
    const call = { url, method: 'POST', body: Buffer.from(body) };
    const authorized = await this.authorizer.authorize(call, this.scope.authentication, {
      scopes,
      onBehalfOf: 'user',
    });
    const idHash = tokenIdHash(authorized.issued?.claims.tokenId ?? '');
    this.#showToken(authorized, idHash);
    return { url, body, token: authorized.issued?.token ?? '', tokenIdHash: idHash };
  }

  /** The record that the module writes of a token, which here goes another way. */
  #showToken({ destination, issued }: AuthorizedCall, idHash: string): void {
    if (destination === undefined || issued === undefined) return;
    const { issuer, subject, transactionId, actors, audience, scopes, bound, expiresAt } = issued.claims;
    this.board.add({
      service: 'gateway',
      direction: 'outbound',
      decision: 'allowed',
      time: new Date().toISOString(),
      method: 'POST',
      destination: destination.name,
      caller: issuer,
      subject,
      transactionId,
      actors,
      audience,
      scopes,
      bound,
      proven: false,
      tokenIdHash: idHash,
      expiresAt,
    });
  }
}
