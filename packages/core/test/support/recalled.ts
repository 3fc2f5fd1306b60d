import { type InboundRequest } from '../../src/inbound/authenticate.js';
import { type Verifier } from '../../src/inbound/verifier.js';

/**
 * Whether the token of a request is recalled, whatever else would come of the request: for tokens whose signature is checked
 * by the thread pool, which has to be waited for, such as ES384.
 */
export function isRecalled(verifier: Verifier, request: InboundRequest): boolean {
  try {
    const answer = verifier.authenticateNow(request);
    if (!(answer instanceof Promise)) return true;
    answer.catch(() => undefined);
  } catch {
    // Refused at once: what is recalled would have been let in.
  }
  return false;
}
