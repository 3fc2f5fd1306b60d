import { Inject, Injectable } from '@nestjs/common';
import { type AuthorizedCall, type CountersignError, type FaultCode } from '@countersign/core';
import { type Destination } from '@countersign/core/adapter';
import { type ResolvedOptions } from '../countersign.options.js';
import { COUNTERSIGN_OPTIONS } from '../countersign.tokens.js';
import { isoTime, tokenIdHash, type DecisionRecord } from '../telemetry/decisions.js';
import { RequestScope } from '../request/request-scope.js';
import { type OutgoingCall } from './outgoing-call.js';

/** Records every token and every static credential that goes out, and every call that was refused (`docs/decision-records.md`). */
@Injectable()
export class OutgoingDecisions {
  constructor(
    private readonly scope: RequestScope,
    @Inject(COUNTERSIGN_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @param retriedAfter the code with which the called service refused the token before this one. */
  allowed(call: OutgoingCall, authorized: AuthorizedCall, retriedAfter: FaultCode | undefined): void {
    const described = describe(authorized) ?? this.#describeCredential(authorized);
    if (described === undefined) return;
    this.#record(call, {
      decision: 'allowed',
      ...described,
      ...(retriedAfter !== undefined && { retriedAfter }),
    });
  }

  refused(call: OutgoingCall, fault: CountersignError, destination: Destination | undefined): void {
    const { principal } = this.scope;
    this.#record(call, {
      decision: 'refused',
      code: fault.code,
      reason: fault.message,
      ...(destination !== undefined && { destination: destination.name, audience: destination.audience }),
      ...(principal !== undefined && { transactionId: principal.transactionId }),
      ...(principal?.subject !== undefined && { subject: principal.subject }),
    });
  }

  /** There is no token that could say who calls whom. */
  #describeCredential({ destination }: AuthorizedCall): Partial<DecisionRecord> | undefined {
    if (destination?.staticCredential === undefined) return undefined;
    const { principal } = this.scope;
    return {
      destination: destination.name,
      ...(principal !== undefined && { transactionId: principal.transactionId }),
    };
  }

  #record(call: OutgoingCall, decision: Pick<DecisionRecord, 'decision'> & Partial<DecisionRecord>): void {
    const time = isoTime(this.options.clock.now());
    this.options.decisions.record({ direction: 'outbound', time, method: call.method, ...decision });
  }
}

/** Undefined for a call that carries no token. */
function describe({ destination, issued }: AuthorizedCall): Partial<DecisionRecord> | undefined {
  if (destination === undefined || issued === undefined) return undefined;
  const { issuer, subject, transactionId, tokenId, keyId, ...claims } = issued.claims;
  return {
    destination: destination.name,
    caller: issuer,
    ...(transactionId !== undefined && { transactionId }),
    ...(subject !== undefined && { subject }),
    actors: claims.actors,
    audience: claims.audience,
    scopes: claims.scopes,
    bound: claims.bound,
    proven: destination.delegationProof,
    ...(keyId !== undefined && { keyId }),
    ...(tokenId !== undefined && { tokenIdHash: tokenIdHash(tokenId) }),
    expiresAt: claims.expiresAt,
  };
}
