import { isAboutUs, Problem, readProblem } from '@countersign/service-kit';

/** Refusals of a service behind us that are about what our client asked for. */
const ABOUT_THE_CLIENT: ReadonlySet<number> = new Set([400, 403, 404, 409, 413, 422]);

/**
 * What our client gets for a refusal of a service behind us. Never a 401: that service refused our token, and the
 * client's was good. Never a challenge either.
 */
export async function toProblem(response: Response): Promise<Problem> {
  const { status, headers } = response;
  if (status === 503) return unavailable(undefined, headers.get('retry-after'));
  const problem = await readProblem(response);
  const cause = new Error(`a service behind the gateway answered ${String(status)} ${problem?.code ?? ''}`);
  if (isAboutUs(status, problem)) return refusedUs(cause);
  if (problem === undefined || !ABOUT_THE_CLIENT.has(status)) return failed(cause);
  const { code, title, errors } = problem;
  return new Problem({ status, code, title, ...(errors !== undefined && { errors }) });
}

/** It cannot be reached, or says that it cannot answer now. */
export function unavailable(cause: unknown, retryAfter: string | null = null): Problem {
  const seconds = Number(retryAfter ?? 5);
  return new Problem(
    {
      status: 503,
      code: 'upstream_unavailable',
      title: 'A service behind the gateway is temporarily unavailable.',
      retryAfterSeconds: seconds >= 0 && seconds <= 3600 ? seconds : 5,
    },
    { cause },
  );
}

/** It answered what nobody can use. */
export function failed(cause: unknown): Problem {
  const title = 'A service behind the gateway failed.';
  return new Problem({ status: 502, code: 'upstream_failed', title }, { cause });
}

function refusedUs(cause: unknown): Problem {
  const title = 'A service behind the gateway does not let the gateway in.';
  return new Problem({ status: 502, code: 'upstream_refused_gateway', title }, { cause });
}
