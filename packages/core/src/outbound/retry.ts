import { FAULTS, type FaultCode } from '../errors.js';
import { refusesToken } from './received-challenge.js';
import { type Destination } from './destination.js';

/** The answer of a called service, as far as it says why it was refused. */
export interface RefusedCall {
  readonly status: number;
  /** The `WWW-Authenticate` header. */
  readonly challenge: string | null;
  readonly contentType: string | null;
  /** Reads the body, and not more than `maxBytes` of it; undefined when there is more. */
  text(maxBytes: number): Promise<string | undefined>;
}

/**
 * The refusals that a new token can mend, and why. Countersign answers 401 for none of them once the handler runs, so
 * after these, and after no others, the same call may be made again.
 *
 * `token_replayed` is not among them: somebody has used that token, so the handler may have run. Nor are those that a
 * new token of ours would earn again, such as `audience_mismatch` or `body_mismatch`.
 */
const MENDED_BY_A_NEW_TOKEN: ReadonlyMap<FaultCode, string> = new Map([
  ['token_expired', 'it was cached by a clock that was slow, or expired on the way'],
  ['token_not_yet_valid', 'it was cached when our clock was fast, which has been set right since'],
  ['token_issued_in_future', 'it was cached when our clock was fast, which has been set right since'],
  ['key_unknown', 'the key that signed it is withdrawn, and there is another one by now'],
  ['signature_invalid', 'it was damaged in a cache'],
  ['token_inactive', 'its authorization server took it back, and issues another one'],
]);

/** Where a new token differs from the one before: `propagate` would hand on the same one again. */
const RENEWABLE: ReadonlySet<Destination['authorize']> = new Set(['mint', 'clientCredentials', 'exchange']);

const MAX_PROBLEM_BYTES = 65_536;

/**
 * Returns the code of a refusal after which the call may be repeated once with a new token; otherwise undefined.
 *
 * It requires proof that the handler did not run: a 401 with a Countersign code, and the challenge of the destination itself. A
 * service that passes on the response of another service shows the challenge of that other service.
 *
 * Does not check whether the body can be sent again, or whether another token is available: `Authorizer#tokenRefused` does.
 */
export async function retryableRefusal(
  answer: RefusedCall,
  destination: Destination | undefined,
): Promise<FaultCode | undefined> {
  if (answer.status !== 401 || destination === undefined || !RENEWABLE.has(destination.authorize))
    return undefined;
  const isItsOwn = refusesToken(answer.challenge ?? '', destination.audience);
  if (!isItsOwn || !isProblem(answer.contentType)) return undefined;
  const code = codeOf(await answer.text(MAX_PROBLEM_BYTES));
  return code !== undefined && MENDED_BY_A_NEW_TOKEN.has(code) ? code : undefined;
}

function isProblem(contentType: string | null): boolean {
  return /^application\/problem\+json\s*(;|$)/i.test(contentType ?? '');
}

function codeOf(text: string | undefined): FaultCode | undefined {
  const problem = parse(text ?? '');
  if (typeof problem !== 'object' || problem === null || !('code' in problem && 'type' in problem))
    return undefined;
  const { code, type } = problem;
  return isFaultCode(code) && type === `urn:countersign:fault:${code}` ? code : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFaultCode(code: unknown): code is FaultCode {
  return typeof code === 'string' && Object.hasOwn(FAULTS, code);
}
