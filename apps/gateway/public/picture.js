import { byId, chips, element } from './dom.js';
import { INTRUDER, inWords, shortUser, toSequence } from './sequence.js';

/** @typedef {import('./sequence.js').Step} Step */
/** @typedef {import('./sequence.js').ShownRecord} ShownRecord */
/** @typedef {{ readonly title: string, readonly advice: string }} Fault */

/** What is drawn now, so that nothing is drawn again without need. */
let shown = '';
/** @type {readonly Step[]} */
let shownSteps = [];
/** The steps that somebody opened, by `namesOf`: their numbers change while records come in. @type {Set<string>} */
const opened = new Set();

/**
 * Draws a transaction: an ordered list that looks like a sequence diagram.
 * @param {import('./sequence.js').Transaction | undefined} transaction
 * @param {Readonly<Record<string, Fault>>} faults By code.
 */
export function drawPicture(transaction, faults) {
  const sequence = transaction && toSequence(transaction.records);
  const now = JSON.stringify([transaction?.id, sequence]);
  if (now === shown) return;
  shown = now;
  byId('picture-title').textContent = transaction?.title ?? 'The picture';
  byId('words').replaceChildren(...(sequence?.steps ?? []).map((step) => element('li', {}, inWords(step))));
  const focused = focusedNames();
  shownSteps = sequence?.steps ?? [];
  if (sequence === undefined || sequence.steps.length === 0) {
    const hint = 'Nothing yet. Log in and send a message: each call is drawn here when it is made.';
    byId('picture').replaceChildren(element('p', { class: 'empty' }, hint));
    return;
  }
  byId('picture').replaceChildren(draw(sequence, faults));
  const index = shownSteps.findIndex((step) => namesOf(step).some((name) => focused.includes(name)));
  if (index >= 0)
    document.querySelector(`[data-step="${String(index)}"]`)?.dispatchEvent(new Event('refocus'));
}

function focusedNames() {
  const step = shownSteps[Number(document.activeElement?.getAttribute('data-step') ?? NaN)];
  return step === undefined ? [] : namesOf(step);
}

/**
 * What a step is known by, whatever else is drawn: what was written about it, which only grows.
 * @param {Step} step
 */
function namesOf({ kind, records }) {
  return records.map((record) => `${kind} ${JSON.stringify(record)}`);
}

/**
 * @param {import('./sequence.js').Sequence} sequence
 * @param {Readonly<Record<string, Fault>>} faults
 */
function draw({ lifelines, steps }, faults) {
  const heads = lifelines.map((name) => element('li', { class: name }, element('span', {}, name)));
  const rails = element(
    'div',
    { class: 'rails', 'aria-hidden': 'true' },
    ...lifelines.map(() => element('i')),
  );
  const rows = steps.map((step, index) => row({ step, index, lifelines, faults }));
  const sequence = element(
    'div',
    { class: 'sequence' },
    element('ul', { class: 'heads', 'aria-label': 'Who takes part' }, ...heads),
    element('div', { class: 'steps' }, rails, element('ol', { 'aria-labelledby': 'picture-title' }, ...rows)),
  );
  // Set by script, so that no style stands in the page.
  sequence.style.setProperty('--count', String(lifelines.length));
  return sequence;
}

/**
 * @param {object} drawn
 * @param {Step} drawn.step
 * @param {number} drawn.index
 * @param {readonly string[]} drawn.lifelines
 * @param {Readonly<Record<string, Fault>>} drawn.faults
 */
function row({ step, index, lifelines, faults }) {
  const [from, to] = [lifelines.indexOf(step.from), lifelines.indexOf(step.to)];
  const records = element('div', { class: 'records', id: `records-${index}` }, ...step.records.map(record));
  const names = namesOf(step);
  records.hidden = !names.some((name) => opened.has(name));
  const arrow = element(
    'span',
    { class: `arrow ${to > from ? 'right' : 'left'}` },
    element(
      'span',
      { class: 'visually-hidden' },
      `${step.from} ${step.kind === 'call' ? 'calls' : 'answers'} ${step.to}: `,
    ),
    element('span', { class: 'label' }, ...breakable(step.what)),
  );
  const button = element(
    'button',
    {
      type: 'button',
      'data-step': String(index),
      'aria-expanded': String(!records.hidden),
      'aria-controls': records.id,
    },
    element('span', { class: 'lane' }, arrow),
    step.kind === 'call' ? callDetail(step) : answerDetail(step, faults),
  );
  button.addEventListener('click', () => {
    records.hidden = !records.hidden;
    button.setAttribute('aria-expanded', String(!records.hidden));
    for (const name of names) {
      if (records.hidden) opened.delete(name);
      else opened.add(name);
    }
  });
  button.addEventListener('refocus', () => button.focus({ preventScroll: true }));
  const line = element('li', { class: `step ${step.kind} ${step.decision}` }, button, records);
  const percent = (/** @type {number} */ count) => `${(count / lifelines.length) * 100}%`;
  line.style.setProperty('--left', percent(Math.min(from, to) + 0.5));
  line.style.setProperty('--width', percent(Math.abs(from - to)));
  line.style.setProperty('--indent', `calc(${percent(Math.min(from, to) + 0.5)} + 0.6rem)`);
  return line;
}

/**
 * A label that is longer than its arrow goes on below, if it can before a part of the path.
 * @param {string} text
 */
function breakable(text) {
  return text.split(/(?=\/)/).flatMap((part, index) => (index === 0 ? [part] : [element('wbr'), part]));
}

/** @param {Step} step */
function callDetail(step) {
  const { subject, issuer, scopes, lost, bound, proven, note, afterMs, decision, code, from } = step;
  return element(
    'span',
    { class: 'detail' },
    note === undefined
      ? undefined
      : element('span', { class: 'note' }, `${from === INTRUDER ? 'The intruder ' : ''}${note}`),
    subject === undefined ? undefined : element('span', {}, `for ${shortUser(subject)}`),
    issuer === undefined ? undefined : element('span', {}, `token by ${issuer}`),
    element('span', { class: 'chips' }, ...chips(scopes), ...chips(lost, 'lost')),
    lost.length === 0
      ? undefined
      : element('span', { class: 'visually-hidden' }, '(struck out: lost on this hop)'),
    ...chips(bound ? ['bound to this request'] : [], 'mark'),
    ...chips(proven ? ['user’s call proven'] : [], 'mark'),
    ...(decision === 'refused' ? chips([code ?? 'refused'], 'bad') : []),
    ...(decision === 'allowed' ? chips(['allowed'], 'good') : []),
    afterMs === undefined ? undefined : element('span', { class: 'time' }, `+${afterMs} ms`),
  );
}

/**
 * @param {Step} step
 * @param {Readonly<Record<string, Fault>>} faults
 */
function answerDetail({ code, tookMs }, faults) {
  const fault = code === undefined ? undefined : faults[code];
  return element(
    'span',
    { class: 'detail' },
    tookMs === undefined ? undefined : element('span', { class: 'time' }, `took ${tookMs} ms`),
    fault === undefined ? undefined : element('span', { class: 'why' }, fault.title),
  );
}

/** Who wrote a record, and when. */
const TITLES = {
  inbound: 'when the request came',
  outbound: 'when it sent the token',
  answer: 'when it had answered',
  attempt: 'when it was tried',
};

/**
 * A record as it was written; there is no token in it.
 * @param {ShownRecord} shownRecord
 */
function record(shownRecord) {
  const { service, direction, ...rest } = shownRecord;
  const rows = Object.entries(rest).flatMap(([name, value]) => [
    element('dt', {}, name),
    element('dd', { class: 'code' }, asText(name, value)),
  ]);
  return element(
    'div',
    { class: 'record' },
    element('h4', {}, `What ${service} wrote ${TITLES[direction]}`),
    element('dl', {}, ...rows),
  );
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function asText(name, value) {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  if (name === 'expiresAt' && typeof value === 'number') return new Date(value * 1000).toISOString();
  return String(value);
}
