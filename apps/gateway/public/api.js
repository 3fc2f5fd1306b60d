/**
 * @typedef {object} Answer
 * @property {boolean} ok
 * @property {number} status 0 when the gateway cannot be reached.
 * @property {any} body What the gateway says, as its documentation describes it; undefined when it is no JSON.
 * @property {string | null} location
 */

/** @type {Answer} */
const UNREACHABLE = {
  ok: false,
  status: 0,
  body: { title: 'The gateway cannot be reached.' },
  location: null,
};

/**
 * Asks the gateway, with the session of this browser.
 * @param {string} path
 * @param {{ readonly method?: string, readonly body?: unknown }} [request]
 * @returns {Promise<Answer>}
 */
export async function ask(path, { method = 'GET', body } = {}) {
  const asked = fetch(path, {
    method,
    headers: { 'X-Gateway-Page': '1', ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // `fetch` fails so when there is no answer at all.
  const response = await asked.catch((error) => {
    if (error instanceof TypeError) return undefined;
    throw error;
  });
  if (response === undefined) return UNREACHABLE;
  return {
    ok: response.ok,
    status: response.status,
    body: await response.json().catch(() => undefined),
    location: response.headers.get('location'),
  };
}

/**
 * What to show of an answer that is not the one that was wanted: status and code, and a sentence.
 * @param {Answer} answer
 */
export function refusalIn({ status, body }) {
  const mark = status === 0 ? 'no answer' : `${status} ${body?.code ?? ''}`.trim();
  return { mark, title: /** @type {string} */ (body?.title ?? 'No reason was given.') };
}
