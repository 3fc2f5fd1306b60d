import { newTransactionId } from '../../src/lib/transaction-id.js';

it('an id of a transaction is new every time, and can stand in a token and in a log', () => {
  const ids = Array.from({ length: 5000 }, newTransactionId);
  expect(new Set(ids).size).toBe(5000);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{20}$/);
});
