import { type InboundRequest } from '../../src/inbound/authenticate.js';
import { type Verifier } from '../../src/inbound/verifier.js';
import { type Authentication } from '../../src/principal.js';

/**
 * Whether the token of a request is recalled, whatever else would come of the request: for tokens whose signature is checked
 * by the thread pool, which has to be waited for, such as ES384.
 */
export function isRecalled(verifier: Verifier, request: InboundRequest): boolean {
  try {
    const answer = verifier.authenticate(request);
    if (!(answer instanceof Promise)) return true;
    answer.catch(() => undefined);
  } catch {
    // Refused at once: what is recalled would have been let in.
  }
  return false;
}

/** Sends a request until its token is remembered, which is at its second use. Answers what came of the first. */
export async function remembered(verifier: Verifier, request: InboundRequest): Promise<Authentication> {
  const first = await verifier.authenticate(request);
  await verifier.authenticate(request);
  return first;
}
