import { announce, byId, chips, element } from './dom.js';
import { drawPicture } from './picture.js';
import { shortUser, toTransactions } from './sequence.js';

/** @typedef {import('./sequence.js').ShownRecord} ShownRecord */
/** @typedef {import('./sequence.js').Transaction} Transaction */

const LISTED = 7;
const KEPT = 500;

/** @type {ShownRecord[]} */
let records = [];
/** The one that somebody chose; undefined follows the latest. @type {string | undefined} */
let chosen;
let isDue = false;
/** @type {Readonly<Record<string, import('./picture.js').Fault>>} */
let faults = {};

/**
 * Shows transactions as they happen.
 * @param {Readonly<Record<string, import('./picture.js').Fault>>} known
 * @param {(record: ShownRecord) => void} onRecord
 */
export function watchTransactions(known, onRecord) {
  faults = known;
  byId('show-quiet').addEventListener('change', render);
  const source = new EventSource('/development/decisions');
  source.addEventListener('open', () => {
    // The gateway begins again with those that it knows.
    records = [];
    setLive(true);
  });
  source.addEventListener('error', () => setLive(false));
  source.addEventListener('message', ({ data }) => {
    const record = JSON.parse(data);
    records.push(record);
    if (records.length > KEPT) records.shift();
    onRecord(record);
    renderSoon();
  });
  render();
}

/** From now on the latest transaction is drawn. */
export function followLatest() {
  chosen = undefined;
  renderSoon();
}

/** @param {boolean} isLive */
function setLive(isLive) {
  byId('live').classList.toggle('on', isLive);
  byId('live-text').textContent = isLive ? 'live' : 'not connected';
}

function renderSoon() {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    render();
  }, 40);
}

function render() {
  const box = /** @type {HTMLInputElement} */ (byId('show-quiet'));
  const all = toTransactions(records);
  const listed = all.filter(({ isQuiet }) => box.checked || !isQuiet).slice(0, LISTED);
  const current = all.find(({ id }) => id === chosen) ?? listed[0];
  const focused = document.activeElement?.getAttribute('data-transaction');
  const items = listed.map((each) => item(each, each === current));
  if (items.length === 0) items.push(element('li', { class: 'empty' }, 'No transaction yet.'));
  byId('transactions').replaceChildren(...items);
  for (const button of byId('transactions').querySelectorAll('button'))
    if (button.getAttribute('data-transaction') === focused) button.focus({ preventScroll: true });
  drawPicture(current, faults);
}

/**
 * @param {Transaction} transaction
 * @param {boolean} isCurrent
 */
function item({ id, title, time, subject, codes }, isCurrent) {
  const button = element(
    'button',
    {
      type: 'button',
      class: 'transaction',
      'data-transaction': id,
      'aria-current': isCurrent ? 'true' : undefined,
    },
    element('time', { datetime: time }, new Date(time).toLocaleTimeString('en-GB')),
    element(
      'span',
      { class: 'title' },
      title,
      subject === undefined ? undefined : element('span', { class: 'who' }, ` for ${shortUser(subject)}`),
    ),
    element(
      'span',
      { class: 'chips' },
      ...(codes.length > 0 ? chips(codes, 'bad') : chips(['allowed'], 'good')),
    ),
  );
  button.addEventListener('click', () => {
    chosen = id;
    render();
    announce(`Shown: ${title}`);
  });
  return element('li', {}, button);
}
