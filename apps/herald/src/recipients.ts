import { Injectable } from '@nestjs/common';
import { CountersignError } from '@countersign/core';
import { Destination, type DestinationClient } from '@countersign/nestjs';
import { inputInvalid, isAboutUs, Problem, type ProblemOptions, readProblem } from '@countersign/service-kit';
import { z } from 'zod';
import { toUserPath } from './user-uri.js';

/** Whom a notification goes to. */
export interface Recipient {
  readonly name: string;
  readonly email: string;
}

const TIMEOUT_MS = 5_000;

/** What census refuses whoever calls herald; it says so in a problem document. */
const REFUSALS: ReadonlyMap<number, ProblemOptions> = new Map([
  [404, { status: 422, code: 'user_unknown', title: 'This user is unknown.' }],
  [403, { status: 403, code: 'user_not_visible', title: 'You may not see this user.' }],
]);

const CENSUS_UNAVAILABLE: ProblemOptions = {
  status: 503,
  code: 'census_unavailable',
  title: 'Census is temporarily unavailable.',
  retryAfterSeconds: 5,
};

/** Asks census about users, in the name of whoever calls herald. */
@Injectable()
export class Recipients {
  constructor(@Destination('census') private readonly census: DestinationClient) {}

  /**
   * The path of the user at census; asks nobody.
   *
   * @throws Problem `input_invalid` when `uri` is not that of a user of census.
   */
  locate(uri: string): string {
    const path = toUserPath(this.census.audience, uri);
    if (path === undefined)
      throw inputInvalid([{ pointer: '#/user', detail: 'must be the URI of a user of census' }]);
    return path;
  }

  /** @throws Problem as `locate()`, and when census does not show the user, or cannot be asked. */
  async find(uri: string): Promise<Recipient> {
    const response = await this.ask(this.locate(uri));
    if (response.status === 200) return readRecipient(response, uri);
    throw await toProblem(response);
  }

  private async ask(path: string): Promise<Response> {
    try {
      return await this.census.fetch(path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (cause) {
      // A fault has its own answer; everything else is the network.
      if (cause instanceof CountersignError) throw cause;
      throw new Problem(CENSUS_UNAVAILABLE, { cause });
    }
  }
}

async function toProblem(response: Response): Promise<Problem> {
  const { status } = response;
  const received = await readProblem(response);
  const refusal = received === undefined || isAboutUs(status, received) ? undefined : REFUSALS.get(status);
  const cause = new Error(`census answered ${status} ${received?.code ?? 'without a problem document'}`);
  return new Problem(refusal ?? CENSUS_UNAVAILABLE, { cause });
}

async function readRecipient(response: Response, uri: string): Promise<Recipient> {
  const user = z.object({ uri: z.literal(uri), name: z.string().min(1).max(200), email: z.email().max(254) });
  try {
    const { name, email } = user.parse(await response.json());
    return { name, email };
  } catch {
    throw new Problem(CENSUS_UNAVAILABLE, {
      cause: new Error('census answered something else than the user'),
    });
  }
}
