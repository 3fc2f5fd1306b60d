/** How long to wait before each question: less and less often, for about a minute in all. */
const WAITS_MS = [400, 900, 2_000, 4_000, 8_000, 12_000, 16_000, 16_000];

/**
 * Asks again and again. Knows nothing of the page, so that it is tested without one.
 * @param {() => Promise<boolean>} ask Whether there is nothing more to ask.
 * @param {(waitMs: number) => Promise<unknown>} [wait]
 * @returns {Promise<boolean>} False when it gave up.
 */
export async function poll(ask, wait = pause) {
  for (const waitMs of WAITS_MS) {
    await wait(waitMs);
    if (await ask()) return true;
  }
  return false;
}

/** @param {number} waitMs */
function pause(waitMs) {
  return new Promise((resolve) => setTimeout(resolve, waitMs));
}
