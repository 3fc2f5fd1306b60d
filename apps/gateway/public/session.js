import { ask } from './api.js';
import { byId, chips, element } from './dom.js';

/**
 * @typedef {object} Me
 * @property {string} uri
 * @property {string} name
 * @property {string} email
 * @property {readonly string[]} scopes
 * @property {number} expiresAt Seconds since the epoch.
 */

/**
 * Shows who is logged in.
 * @param {boolean} hasSession
 * @returns {Promise<Me | undefined>}
 */
export async function showSession(hasSession) {
  const answer = hasSession ? await ask('/api/me') : undefined;
  /** @type {Me | undefined} */
  const me = answer?.ok === true ? answer.body : undefined;
  byId('call-to-action').hidden = me !== undefined;
  byId('you').hidden = me === undefined;
  if (me !== undefined) document.documentElement.dataset['loggedIn'] = 'true';
  byId('account').replaceChildren(
    ...(me === undefined
      ? [element('a', { class: 'button small primary', href: '/login' }, 'Log in')]
      : [element('span', {}, me.name), logOut()]),
  );
  if (me !== undefined) byId('you-content').replaceChildren(facts(me));
  return me;
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
  ]);
  const rows = entries.map(([term, content]) =>
    element('div', {}, element('dt', {}, term), element('dd', {}, ...content)),
  );
  return element('dl', { class: 'facts' }, ...rows);
}
