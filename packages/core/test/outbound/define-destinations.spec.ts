import { defineDestinations } from '../../src/outbound/define-destinations.js';

it('destination records are handed back as they are; what they may hold is checked by the compiler', () => {
  const url = 'https://census.service/';
  const records = [{ name: 'census', url, onBehalfOf: 'user', authorize: 'mint' }] as const;
  expect(defineDestinations(records)).toBe(records);
});
