import { OptionsReader } from '../options.js';
import { clearTimeout, setTimeout } from '../lib/timers.js';
import { type IssuerKeys } from './issuer-keys.js';

/** How long `hydrate` waits for the keys of the trusted issuers. */
export interface HydrateOptions {
  /** How long to wait, in milliseconds. Keys that arrive later are reported as missing now. Default 10,000, at most 60,000. */
  readonly timeoutMs?: number;
}

/** The result of fetching the keys of one issuer at start. */
export interface HydratedIssuer {
  readonly name: string;
  readonly issuer: string;
  /** Whether keys are available. Always true for an inline set and a file. */
  readonly hasKeys: boolean;
}

interface Hydratable {
  readonly name: string;
  readonly issuer: string;
  readonly keys: Pick<IssuerKeys, 'hydrate'>;
}

/**
 * Fetches the keys of all issuers at once, and waits for them as long as the options say.
 * @throws TypeError of the first record that cannot be right, when all the others are done.
 */
export async function hydrateAll(
  issuers: readonly Hydratable[],
  options: HydrateOptions = {},
): Promise<readonly HydratedIssuer[]> {
  const read = new OptionsReader(options, 'hydrate', ['timeoutMs']);
  const timeoutMs = read.number('timeoutMs', { fallback: 10_000, min: 1, max: 60_000 });
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<'tooLate'>((resolve) => {
    timer = setTimeout(() => resolve('tooLate'), timeoutMs).unref();
  });
  const results = await Promise.all(issuers.map(({ keys }) => Promise.race([outcomeOf(keys), tooLate])));
  clearTimeout(timer);
  for (const result of results) if (result instanceof TypeError) throw result;
  return issuers.map(({ name, issuer }, index) => ({ name, issuer, hasKeys: results[index] === 'hasKeys' }));
}

/** An unreachable issuer is an outage. Metadata that contradicts the trust record is a mistake, which time does not fix. */
async function outcomeOf(keys: Hydratable['keys']): Promise<unknown> {
  try {
    await keys.hydrate();
    return 'hasKeys';
  } catch (error) {
    return error;
  }
}
