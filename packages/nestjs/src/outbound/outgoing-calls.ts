import { Inject, Injectable } from '@nestjs/common';
import { CountersignError, type AuthorizedCall, type Authorizer, type OutboundCall } from '@countersign/core';
import { type ResolvedOptions } from '../countersign.options.js';
import { AUTHORIZER, COUNTERSIGN_OPTIONS } from '../countersign.tokens.js';
import { isoTime, tokenIdHash, type DecisionRecord } from '../decisions.js';
import { RequestScope } from '../inbound/request-scope.js';

/** Headers that carry tokens: nobody but us sets them. */
const TOKEN_HEADERS = ['Authorization', 'JWT'] as const;

/** Answers that send the caller elsewhere (RFC 9110 section 15.4). A token never follows. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The longest wait for an answer to a call that no destination describes. */
export const UNDECLARED_TIMEOUT_MS = 10_000;

/** Gives outgoing calls their tokens and records it; what fetch and axios have in common (steps 2 to 6 of `docs/outbound.md`). */
@Injectable()
export class OutgoingCalls {
  constructor(
    private readonly scope: RequestScope,
    @Inject(AUTHORIZER) private readonly authorizer: Authorizer,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Authorizes one call exactly as it will be sent.
   * @param hasHeader whether the caller set that header.
   * @throws CountersignError: then nothing may be sent.
   */
  async authorize(call: OutboundCall, hasHeader: (name: string) => boolean): Promise<AuthorizedCall> {
    try {
      const present = TOKEN_HEADERS.find(hasHeader);
      if (present !== undefined) {
        throw new CountersignError(
          'authorization_present',
          `the outgoing call sets ${present} itself; leave it to Countersign`,
        );
      }
      const authorized = await this.authorizer.authorize(call, this.scope.authentication);
      if (authorized.issued !== undefined) this.#record(call, describe(authorized));
      return authorized;
    } catch (fault) {
      if (fault instanceof CountersignError) this.#recordRefusal(call, fault);
      throw fault;
    }
  }

  /** @throws CountersignError `redirect_refused`, recorded like any other refusal. */
  refuseRedirect(call: OutboundCall, status: number): void {
    if (!REDIRECTS.has(status)) return;
    const fault = new CountersignError(
      'redirect_refused',
      `${call.url.origin} answered ${String(status)}; redirects are not followed`,
    );
    this.#recordRefusal(call, fault);
    throw fault;
  }

  #recordRefusal(call: OutboundCall, fault: CountersignError): void {
    const { principal } = this.scope;
    this.#record(call, {
      decision: 'refused',
      code: fault.code,
      reason: fault.message,
      ...(principal !== undefined && { transactionId: principal.transactionId }),
      ...(principal?.subject !== undefined && { subject: principal.subject }),
    });
  }

  #record(call: OutboundCall, decision: Pick<DecisionRecord, 'decision'> & Partial<DecisionRecord>): void {
    const time = isoTime(this.options.clock.now());
    this.options.decisions.record({ direction: 'outbound', time, method: call.method, ...decision });
  }
}

function describe({
  destination,
  issued,
}: AuthorizedCall): Pick<DecisionRecord, 'decision'> & Partial<DecisionRecord> {
  const named = destination === undefined ? {} : { destination: destination.name };
  if (issued === undefined) return { decision: 'allowed', ...named };
  const { claims } = issued;
  return {
    decision: 'allowed',
    ...named,
    ...(claims.transactionId !== undefined && { transactionId: claims.transactionId }),
    caller: claims.issuer,
    ...(claims.subject !== undefined && { subject: claims.subject }),
    actors: claims.actors,
    audience: claims.audience,
    scopes: claims.scopes,
    bound: claims.bound,
    ...(claims.keyId !== undefined && { keyId: claims.keyId }),
    ...(claims.tokenId !== undefined && { tokenIdHash: tokenIdHash(claims.tokenId) }),
    expiresAt: claims.expiresAt,
  };
}
