import { openDatabase } from '@countersign/service-kit';
import { createScratchDatabase, type ScratchDatabase } from '@countersign/service-kit/testing';
import { MIGRATIONS } from '../src/migrations.js';
import { describeUserStore } from './user-store.contract.js';

describe('The user store on PostgreSQL', () => {
  let scratch: ScratchDatabase;

  beforeAll(async () => {
    scratch = await createScratchDatabase(process.env['DATABASE_URL'] ?? '');
  });

  afterAll(async () => {
    await scratch.drop();
  });

  describe('keeps the contract', () => {
    describeUserStore(() => openDatabase({ kind: 'postgres', url: scratch.url }, MIGRATIONS));
  });

  it('lets replicas that start together migrate one after the other', async () => {
    const replicas = await Promise.all(
      Array.from({ length: 4 }, () => openDatabase({ kind: 'postgres', url: scratch.url }, MIGRATIONS)),
    );
    await Promise.all(replicas.map((replica) => replica.close()));
  });
});
