import { ask } from './api.js';
import { announce, byId, chips, element } from './dom.js';
import { lookForMails } from './inbox.js';
import { followLatest } from './transactions.js';

/** How often, and after how long, it is asked what became of a message. */
const ASKS_AFTER_MS = [400, 900, 2_000, 4_000];

const LAST_STATES = new Set(['sent', 'failed']);

/**
 * Lets whoever is logged in send a message.
 * @param {import('./session.js').Me} me
 */
export function enableSending(me) {
  const button = /** @type {HTMLButtonElement} */ (byId('send'));
  button.disabled = false;
  byId('send-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const { value } = /** @type {HTMLSelectElement} */ (byId('recipient'));
    void send(me.uri.replace(/\/user\/.*$/, `/user/${value}/`));
  });
}

/** @param {string} user */
async function send(user) {
  show('', element('p', {}, 'Sending …'));
  const answer = await ask('/api/notification', { method: 'POST', body: { user, type: 'welcome-message' } });
  followLatest();
  if (!answer.ok) {
    const { code = '', title = 'It was refused.' } = answer.body ?? {};
    show('bad', element('p', {}, ...chips([`${answer.status} ${code}`], 'bad')), element('p', {}, title));
    announce(`Refused: ${answer.status} ${code}. ${title}`);
    return;
  }
  showState(answer.body.state);
  lookForMails();
  const path = answer.location === null ? undefined : new URL(answer.location).pathname;
  if (path !== undefined) await follow(path);
}

/** @param {string} path */
async function follow(path) {
  for (const afterMs of ASKS_AFTER_MS) {
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    const { ok, body } = await ask(path);
    if (!ok) return;
    showState(body.state);
    if (LAST_STATES.has(body.state)) return;
  }
}

/** @param {string} state */
function showState(state) {
  const kind = state === 'failed' ? 'bad' : 'good';
  show(
    kind,
    element('p', {}, element('strong', {}, 'Accepted by herald. '), 'State: ', ...chips([state], kind)),
  );
  announce(`The message is ${state}.`);
}

/**
 * @param {string} kind
 * @param {...HTMLElement} content
 */
function show(kind, ...content) {
  const outcome = byId('send-outcome');
  outcome.className = `outcome ${kind}`;
  outcome.replaceChildren(...content);
}
