import { ask } from './api.js';
import { showAttempts } from './attempts.js';
import { lookForMails, showMails } from './inbox.js';
import { enableSending } from './send.js';
import { showSession } from './session.js';
import { watchTransactions } from './transactions.js';
import { showTrustMap } from './trust-map.js';

const { body } = await ask('/development/page');
watchTransactions(body.faults, ({ service, direction }) => {
  if (service === 'herald' && direction === 'inbound') lookForMails();
});
void showMails();
void showTrustMap();
const me = await showSession(body.hasSession);
showAttempts(body.attempts, me !== undefined, body.faults);
if (me !== undefined) enableSending(me);
document.documentElement.dataset['ready'] = 'true';
