import { ask, refusalIn } from './api.js';
import { announce, byId, chips, element } from './dom.js';
import { followLatest } from './transactions.js';

/** @typedef {import('./sequence.js').AttemptStep} AttemptStep */

/** What is tried, in the order of the buttons. */
const TEXTS = [
  ['changed-body', 'Change the body', 'Somebody on the way to herald makes user 42 into user 7.'],
  ['replay', 'Send it twice', 'Somebody on the way keeps a call, and sends it once more.'],
  ['stolen-key', 'Use herald’s stolen key', 'A thief calls census for user 21, who did not call herald.'],
  ['wrong-user', 'Be a customer', 'User 42 asks for the record of the administrator.'],
  ['provider-token', 'Go past the gateway', 'Your access token of the provider goes straight to census.'],
];

/**
 * Shows the buttons.
 * @param {readonly string[]} names Those that can be tried here.
 * @param {boolean} isLoggedIn
 * @param {Readonly<Record<string, import('./picture.js').Fault>>} faults
 */
export function showAttempts(names, isLoggedIn, faults) {
  const items = TEXTS.map(([name = '', title = '', what = '']) => {
    const why = names.includes(name) ? what : `${what} Only in the demo, which hands the key over.`;
    const button = element(
      'button',
      {
        type: 'button',
        class: 'attempt',
        id: `attempt-${name}`,
        disabled: !isLoggedIn || !names.includes(name),
      },
      element('span', { class: 'name' }, title),
      element('span', { class: 'go', 'aria-hidden': 'true' }, 'Try'),
      element('span', { class: 'what' }, why),
    );
    button.addEventListener('click', () => void play(name, faults));
    return element('li', {}, button);
  });
  byId('attempts').replaceChildren(...items);
  byId('attempts-hint').textContent = isLoggedIn ? '' : 'Log in first: each is tried in your name.';
}

/**
 * @param {string} name
 * @param {Readonly<Record<string, import('./picture.js').Fault>>} faults
 */
async function play(name, faults) {
  const outcome = byId('attempt-outcome');
  outcome.className = 'outcome';
  outcome.textContent = 'Trying …';
  const answer = await ask(`/development/attempts/${name}`, { method: 'POST' });
  followLatest();
  if (!answer.ok) {
    outcome.classList.add('bad');
    const { mark, title } = refusalIn(answer);
    outcome.replaceChildren(
      element('p', {}, 'It could not be tried. ', ...chips([mark], 'bad')),
      element('p', {}, title),
    );
    announce(`It could not be tried: ${mark}. ${title}`);
    return;
  }
  const { body } = answer;
  /** @type {AttemptStep} */
  const last = body.steps.at(-1);
  const isRefused = last.code !== undefined;
  outcome.classList.add(isRefused ? 'good' : 'bad');
  const advice = faults[last.code ?? '']?.advice;
  outcome.replaceChildren(
    element('p', {}, element('strong', {}, isRefused ? 'Refused, as it should be' : 'It was let in!')),
    element('p', {}, `${last.to} answered `, ...chips([`${last.status} ${last.code ?? ''}`], 'bad')),
    element('p', {}, last.title ?? ''),
    ...(advice ? [element('p', { class: 'hint' }, `In the docs: ${advice}.`)] : []),
  );
  announce(`${body.title}: ${last.to} answered ${last.status} ${last.code ?? ''}. ${last.title ?? ''}`);
}
