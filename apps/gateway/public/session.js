import { ask, refusalIn } from './api.js';
import { byId, chips, element } from './dom.js';

/**
 * @typedef {object} Me
 * @property {string} uri
 * @property {string} name
 * @property {string} email
 * @property {readonly string[]} scopes
 * @property {number} expiresAt Seconds since the epoch.
 *
 * @typedef {object} Session
 * @property {boolean} isOpen Whether somebody is logged in.
 * @property {Me | undefined} me Who that is; undefined also when the gateway cannot say it now.
 */

/**
 * Shows who is logged in.
 * @param {boolean} hasSession
 * @returns {Promise<Session>}
 */
export async function showSession(hasSession) {
  const answer = hasSession ? await ask('/api/me') : undefined;
  /** @type {Me | undefined} */
  const me = answer?.ok === true ? answer.body : undefined;
  // Only a session that is refused is over; nothing else that goes wrong says so.
  const isOpen = answer !== undefined && answer.status !== 401;
  byId('call-to-action').hidden = isOpen;
  byId('you').hidden = !isOpen;
  if (isOpen) document.documentElement.dataset['loggedIn'] = 'true';
  byId('account').replaceChildren(
    ...(isOpen
      ? [element('span', {}, me?.name ?? 'Logged in'), logOut()]
      : [element('a', { class: 'button small primary', href: '/login' }, 'Log in')]),
  );
  if (isOpen) byId('you-content').replaceChildren(me === undefined ? failure(answer) : facts(me));
  return { isOpen, me };
}

/** @param {import('./api.js').Answer} answer */
function failure(answer) {
  const { mark, title } = refusalIn(answer);
  return element(
    'div',
    { class: 'outcome bad' },
    element('p', {}, 'You are logged in, but the gateway cannot say as whom.'),
    element('p', {}, ...chips([mark], 'bad'), ` ${title}`),
    element('p', {}, 'Load the page again to try once more.'),
  );
}

/** A form: the gateway wants a `POST` from its own page, and leads back here. */
function logOut() {
  const button = element('button', { class: 'button small', id: 'log-out' }, 'Log out');
  return element('form', { method: 'post', action: '/logout', class: 'log-out' }, button);
}

/** @param {Me} me */
function facts({ uri, name, email, scopes, expiresAt }) {
  const until = new Date(expiresAt * 1000);
  const time = element('time', { datetime: until.toISOString() }, until.toLocaleTimeString('en-GB'));
  const entries = /** @type {const} */ ([
    ['Name', [name, element('br'), email]],
    ['Called, in tokens', [element('code', {}, uri)]],
    ['Your token lets you', [element('span', { class: 'chips' }, ...chips(scopes))]],
    ['Your roles', ['known to census alone: no token carries them']],
    ['Logged in until', [time]],
    ['When you log out', ['the session is over here, also for whoever has a copy of its cookie']],
  ]);
  const rows = entries.map(([term, content]) =>
    element('div', {}, element('dt', {}, term), element('dd', {}, ...content)),
  );
  return element('dl', { class: 'facts' }, ...rows);
}
