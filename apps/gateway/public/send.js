import { ask, refusalIn } from './api.js';
import { announce, byId, chips, element } from './dom.js';
import { lookForMails } from './inbox.js';
import { poll } from './poll.js';
import { followLatest } from './transactions.js';

const LAST_STATES = new Set(['sent', 'failed']);

/** How many messages were sent: what became of an older one is not shown. */
let sent = 0;

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
  const mine = ++sent;
  const isLatest = () => mine === sent;
  show('', element('p', {}, 'Sending …'));
  const answer = await ask('/api/notification', { method: 'POST', body: { user, type: 'welcome-message' } });
  followLatest();
  if (!isLatest()) return;
  if (!answer.ok) {
    const { mark, title } = refusalIn(answer);
    show('bad', element('p', {}, ...chips([mark], 'bad')), element('p', {}, title));
    announce(`Refused: ${mark}. ${title}`);
    return;
  }
  showState(answer.body.state);
  announce(`The message is ${answer.body.state}.`);
  lookForMails();
  const path = answer.location === null ? undefined : new URL(answer.location).pathname;
  if (path !== undefined) await follow(path, answer.body.state, isLatest);
}

/**
 * Shows what becomes of a message, until it is sent, or for about a minute.
 * @param {string} path
 * @param {string} state
 * @param {() => boolean} isLatest
 */
async function follow(path, state, isLatest) {
  const isKnown = await poll(async () => {
    if (!isLatest()) return true;
    const answer = await ask(path);
    if (!isLatest()) return true;
    if (answer.ok && answer.body.state !== state) announce(`The message is ${answer.body.state}.`);
    if (answer.ok) state = answer.body.state;
    showState(state, answer.ok ? [] : [element('p', {}, `${refusalIn(answer).title} It is asked again.`)]);
    return LAST_STATES.has(state);
  });
  if (!isLatest()) return;
  lookForMails();
  if (isKnown) return;
  const text = `This is what is known after a minute, and the page asks no more. Load it again to see the mail later.`;
  showState(state, [element('p', {}, text)]);
  announce(`The message is ${state}. ${text}`);
}

/**
 * @param {string} state
 * @param {readonly HTMLElement[]} [more]
 */
function showState(state, more = []) {
  const kind = state === 'failed' ? 'bad' : 'good';
  const known = element('strong', {}, 'Accepted by herald. ');
  show(kind, element('p', {}, known, 'State: ', ...chips([state], kind)), ...more);
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
