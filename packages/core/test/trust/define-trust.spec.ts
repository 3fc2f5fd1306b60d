import { defineTrust } from '../../src/trust/define-trust.js';

it('trust records are handed back as they are; what they may hold is checked by the compiler', () => {
  const records = [{ name: 'herald', issuer: 'https://herald.service/', claims: 'rfc9068' }] as const;
  expect(defineTrust(records)).toBe(records);
});
