import { headerValues } from '../../src/lib/raw-headers.js';

describe('the values of a header', () => {
  it('are all that were sent by its name, in any case and in order', () => {
    expect(headerValues(['DPoP', 'one', 'Host', 'dpop', 'dpop', 'two'], 'dpop')).toEqual(['one', 'two']);
  });

  it('are none where only a value reads like the name', () => {
    expect(headerValues(['X-Name', 'dpop', 'dpop'], 'dpop')).toEqual([]);
  });
});
