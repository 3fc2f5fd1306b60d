import { openDatabase } from '@countersign/service-kit';
import { createScratchDatabase, type ScratchDatabase } from '@countersign/service-kit/testing';
import { MIGRATIONS } from '../src/migrations.js';
import { describeOutbox } from './outbox.contract.js';

describe('The outbox on PostgreSQL', () => {
  let scratch: ScratchDatabase;

  beforeAll(async () => {
    scratch = await createScratchDatabase(process.env['DATABASE_URL'] ?? '');
  });

  afterAll(async () => {
    await scratch.drop();
  });

  describe('keeps the contract', () => {
    describeOutbox(() => openDatabase({ kind: 'postgres', url: scratch.url }, MIGRATIONS));
  });
});
