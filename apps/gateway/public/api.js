/**
 * @typedef {object} Answer
 * @property {boolean} ok
 * @property {number} status
 * @property {any} body What the gateway says, as its documentation describes it; undefined when it is no JSON.
 * @property {string | null} location
 */

/**
 * Asks the gateway, with the session of this browser.
 * @param {string} path
 * @param {{ readonly method?: string, readonly body?: unknown }} [request]
 * @returns {Promise<Answer>}
 */
export async function ask(path, { method = 'GET', body } = {}) {
  const response = await fetch(path, {
    method,
    headers: { 'X-Gateway-Page': '1', ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return {
    ok: response.ok,
    status: response.status,
    body: await response.json().catch(() => undefined),
    location: response.headers.get('location'),
  };
}
