import { Injectable } from '@nestjs/common';
import { CountersignError } from '@countersign/core';
import { Destination, type DestinationClient } from '@countersign/nestjs';
import type { z } from 'zod';
import { failed, toProblem, unavailable } from './upstream-refusal.js';

/** A service behind us. */
export type UpstreamName = 'herald' | 'census';

/** A call to a service behind us: everything in it was put there by us, nothing was copied from the request. */
export interface UpstreamCall<Answer extends z.ZodType> {
  readonly to: UpstreamName;
  /** Under the service's URL, without a leading slash. */
  readonly path: string;
  /** What that service needs for it: the internal token has these scopes and no others. */
  readonly scopes: readonly string[];
  /** Makes it a `POST`. */
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
  /** What must come back. */
  readonly answer: Answer;
}

/** Calls the services behind us, in the name of the user whose request is being served. */
@Injectable()
export class Upstreams {
  constructor(
    @Destination('herald') readonly herald: DestinationClient,
    @Destination('census') readonly census: DestinationClient,
  ) {}

  /**
   * @throws CountersignError `scope_escalation` when the user's token has less than the service needs.
   * @throws Problem a refusal that is about the request; `upstream_refused_gateway`, `upstream_failed`,
   * `upstream_unavailable`.
   */
  async call<Answer extends z.ZodType>(call: UpstreamCall<Answer>): Promise<z.output<Answer>> {
    const response = await this.#send(call);
    if (!response.ok) throw await toProblem(response);
    const answer = call.answer.safeParse(await response.json().catch(() => undefined));
    if (answer.success) return answer.data;
    throw failed(new Error(`${call.to} answered something else than was asked for`));
  }

  async #send({ to, path, scopes, body, idempotencyKey }: UpstreamCall<z.ZodType>): Promise<Response> {
    const write = {
      method: 'POST',
      body: JSON.stringify(body),
      headers: {
        'Content-Type': 'application/json',
        ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
      },
    };
    try {
      return await this[to].forUser(path, { scopes, ...(body !== undefined && write) });
    } catch (cause) {
      // A fault has its own answer; everything else is the network.
      if (cause instanceof CountersignError) throw cause;
      throw unavailable(cause);
    }
  }
}
