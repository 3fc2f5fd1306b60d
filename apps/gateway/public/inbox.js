import { ask, refusalIn } from './api.js';
import { announce, byId, element } from './dom.js';

/** Mails are sent a moment after the call that asks for them. */
const LOOKS_AFTER_MS = [150, 600, 1_500, 4_000];

/** @type {ReturnType<typeof setTimeout>[]} */
let looks = [];
let known = -1;

/** Looks for mails now, and some times soon. */
export function lookForMails() {
  looks.forEach(clearTimeout);
  looks = LOOKS_AFTER_MS.map((afterMs) => setTimeout(() => void showMails(), afterMs));
}

/** Shows what herald's mail server keeps. */
export async function showMails() {
  const answer = await ask('/development/inbox');
  if (!answer.ok) {
    // What is there already stays.
    if (known < 0) byId('mails').replaceChildren(element('li', { class: 'empty' }, refusalIn(answer).title));
    return;
  }
  const { mails } = answer.body;
  if (mails.length === known) return;
  if (known >= 0 && mails.length > known)
    announce(`A mail arrived: ${mails[0].subject}, to ${mails[0].to.join(', ')}`);
  known = mails.length;
  const list = byId('mails');
  if (mails.length === 0) list.replaceChildren(element('li', { class: 'empty' }, 'No mail yet.'));
  else list.replaceChildren(...mails.map(mail));
}

/** @param {{ subject: string, to: string[], text: string, date?: string }} shown */
function mail({ subject, to, text, date }) {
  const time = date === undefined ? undefined : new Date(date).toLocaleTimeString('en-GB');
  return element(
    'li',
    {},
    element(
      'p',
      { class: 'subject' },
      subject,
      time === undefined ? undefined : element('time', { datetime: date }, time),
    ),
    element('p', { class: 'to' }, `to ${to.join(', ')}`),
    element('p', { class: 'text' }, text.trim().replace(/\n{2,}/g, '\n')),
  );
}
