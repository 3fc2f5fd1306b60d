import { ask, refusalIn } from './api.js';
import { showAttempts } from './attempts.js';
import { byId } from './dom.js';
import { lookForMails, showMails } from './inbox.js';
import { enableSending } from './send.js';
import { showSession } from './session.js';
import { watchTransactions } from './transactions.js';
import { showTrustMap } from './trust-map.js';

const page = await ask('/development/page');
if (page.ok) await show(page.body);
else {
  byId('trouble').hidden = false;
  byId('trouble').textContent = `${refusalIn(page).title} Load the page again to try once more.`;
}

/** @param {any} body */
async function show({ hasSession, attempts, faults }) {
  watchTransactions(faults, ({ service, direction }) => {
    if (service === 'herald' && direction === 'inbound') lookForMails();
  });
  void showMails();
  void showTrustMap();
  const { isOpen, me } = await showSession(hasSession);
  showAttempts(attempts, isOpen, faults);
  if (me !== undefined) enableSending(me);
  else byId('send-hint').textContent = isOpen ? 'Not now: it is not known who you are.' : 'Log in first.';
  document.documentElement.dataset['ready'] = 'true';
}
