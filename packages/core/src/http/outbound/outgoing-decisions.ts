import { type AuthorizedCall } from '../../outbound/authorizer.js';
import { systemClock, type Clock } from '../../clock.js';
import { type CountersignError, type FaultCode } from '../../errors.js';
import { type Destination } from '../../outbound/destination.js';
import { isoTime, tokenIdHash, type DecisionRecord, type DecisionRecorder } from '../decision-record.js';
import { type RequestScope } from '../request/request-scope.js';
import { type OutgoingCall } from './outgoing-call.js';

export interface OutgoingDecisionsOptions {
  /** Says for whom a call is made. */
  readonly scope: RequestScope;
  /** Default: nothing is recorded. */
  readonly decisions?: DecisionRecorder;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/** Records every token and every static credential that goes out, and every call that was refused (`docs/decision-records.md`). */
export class OutgoingDecisions {
  readonly #options: OutgoingDecisionsOptions;

  constructor(options: OutgoingDecisionsOptions) {
    this.#options = options;
  }

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
    const { principal } = this.#options.scope;
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
    const { principal } = this.#options.scope;
    return {
      destination: destination.name,
      ...(principal !== undefined && { transactionId: principal.transactionId }),
    };
  }

  #record(call: OutgoingCall, decision: Pick<DecisionRecord, 'decision'> & Partial<DecisionRecord>): void {
    const { clock = systemClock, decisions } = this.#options;
    if (decisions?.isListening?.(decision.decision) === false) return;
    const time = isoTime(clock.now());
    decisions?.record({ direction: 'outbound', time, method: call.method, ...decision });
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
