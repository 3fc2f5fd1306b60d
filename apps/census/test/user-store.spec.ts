import { openDatabase } from '@countersign/service-kit';
import { MIGRATIONS } from '../src/migrations.js';
import { describeUserStore } from './user-store.contract.js';

describe('The user store on the embedded database', () => {
  describeUserStore(() => openDatabase({ kind: 'memory' }, MIGRATIONS));
});
