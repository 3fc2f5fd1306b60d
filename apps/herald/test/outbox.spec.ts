import { openDatabase } from '@countersign/service-kit';
import { MIGRATIONS } from '../src/migrations.js';
import { describeOutbox } from './outbox.contract.js';

describe('The outbox on the embedded database', () => {
  describeOutbox(() => openDatabase({ kind: 'memory' }, MIGRATIONS));
});
