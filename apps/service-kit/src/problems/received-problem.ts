import { z } from 'zod';

const MAX_BYTES = 65_536;

const problemView = z.object({
  code: z.string().regex(/^[a-z0-9_]{1,64}$/),
  title: z.string().max(200),
  errors: z
    .array(z.object({ pointer: z.string().max(200), detail: z.string().max(200) }))
    .max(20)
    .optional(),
});

/** The problem document of a service that we called, as far as it may be shown and logged. */
export type ReceivedProblem = z.infer<typeof problemView>;

/**
 * Reads the problem document (RFC 9457) of a refusal.
 *
 * `undefined` when there is none, when it cannot be read, and when the body has more than 64 KiB.
 */
export async function readProblem(response: Response): Promise<ReceivedProblem | undefined> {
  try {
    return problemView.safeParse(JSON.parse(await readText(response))).data;
  } catch {
    return undefined;
  }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error('the problem document is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The service called does not let us do that for anybody, whoever calls us. */
const ABOUT_US: ReadonlySet<string> = new Set([
  'caller_not_allowed',
  'delegation_not_allowed',
  'delegation_unproven',
  'actor_chain_too_deep',
  'policy_missing',
]);

/** Says whether a refusal of a service that we called is about us, and not about whoever calls us. */
export function isAboutUs(status: number, problem: ReceivedProblem | undefined): boolean {
  return status === 401 || (status === 403 && ABOUT_US.has(problem?.code ?? ''));
}
