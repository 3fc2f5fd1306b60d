import { type Verifier } from '../inbound/verifier.js';
import { type ResolvedCommonOptions, type ServiceLogger } from './service-options.js';

/**
 * Has the keys of the trusted issuers fetched when a service starts, as the option `hydrate` says. In the background nothing is waited
 * for. An unreachable issuer is in the log already.
 * @throws TypeError when it waits, and an issuer's metadata shows that its trust record cannot be right.
 */
export async function fetchTrustedKeys(
  verifier: Pick<Verifier, 'hydrate'>,
  hydrate: ResolvedCommonOptions['hydrate'],
  logger: ServiceLogger,
): Promise<void> {
  if (hydrate === 'background') void fetchInBackground(verifier, logger);
  else if (hydrate !== false) await fetchWithin(hydrate, verifier, logger);
}

async function fetchWithin(
  limits: { readonly timeoutMs: number },
  verifier: Pick<Verifier, 'hydrate'>,
  logger: ServiceLogger,
): Promise<void> {
  const issuers = await verifier.hydrate(limits);
  const missing = issuers.filter(({ hasKeys }) => !hasKeys).map(({ name }) => name);
  if (missing.length === 0) return;
  logger.warn(`starts without the keys of ${missing.join(', ')}; they are fetched when they are needed`);
}

/** Metadata that contradicts a trust record is an error: no request will fix it. */
async function fetchInBackground(verifier: Pick<Verifier, 'hydrate'>, logger: ServiceLogger): Promise<void> {
  try {
    await verifier.hydrate();
  } catch (error) {
    logger.error(error instanceof Error ? error.message : 'the keys cannot be fetched');
  }
}
