/**
 * An editor shows the JSDoc comment right before a declaration. What an earlier one says, nobody reads.
 */
import { checkDocComments } from './layers/doc-comments.js';
import { readSources } from './layers/source-file.js';

describe('the check of JSDoc comments', () => {
  const twice = ['/** What A is. */', '/** What A is, again. */', 'export const a = 1;'];
  it.each([
    ['two lines in a row', twice, [1]],
    ['three', ['/** A. */', ...twice], [1, 2]],
    [
      'two with an empty line in between, not at the top',
      ['export const b = 1;', '/** A. */', '', ...twice.slice(1)],
      [2],
    ],
    [
      'two before a member',
      ['export interface I {', '  /** A. */', '  /** A. */', '  readonly a: number;', '}'],
      [2],
    ],
    [
      'two before a method',
      ['export class C {', '  /** A. */', '  // why', '  /** A. */', '  a() {}', '}'],
      [2],
    ],
  ])('refuses JSDoc comments before one declaration: %s', (_, lines, at) => {
    expect(check(lines)).toEqual(
      at.map((line) => `a.ts:${String(line)}: the next JSDoc comment hides this one; make them one`),
    );
  });

  it.each([
    ['of the file and its first declaration', ['/** The file. */', '', '/** A. */', 'export const a = 1;']],
    [
      'after the imports',
      ["import 'node:fs';", '', '/** The file. */', '', '/** A. */', 'export const a = 1;'],
    ],
    ['of two declarations', ['/** A. */', 'export const a = 1;', '/** B. */', 'export const b = 1;']],
    ['beside other comments', ['/* A */', '/** A. */', '// A', 'export const a = 1;']],
    ['in a string', ["export const a = '/** A. *\\/ /** A. *\\/';"]],
  ])('accepts JSDoc comments %s', (_, lines) => {
    expect(check(lines)).toEqual([]);
  });
});

function check(lines: readonly string[]): readonly string[] {
  return readSources(new Map([['a.ts', lines.join('\n')]])).flatMap(checkDocComments);
}
