import { formatTable } from '../../src/output/table.js';

describe('a table', () => {
  it('has aligned columns and no blanks at the end of a line', () => {
    expect(
      formatTable([
        ['kid', 'state'],
        ['abcdefgh', 'active'],
        ['b', ''],
      ]),
    ).toEqual(['kid       state', 'abcdefgh  active', 'b']);
  });

  it('may be empty', () => {
    expect(formatTable([])).toEqual([]);
  });
});
