import { execFileSync } from 'node:child_process';
import { shellWord } from '../../src/output/shell-word.js';

describe('a word for a shell', () => {
  it('is left as it is when a shell takes it so', () => {
    expect(shellWord('.data/keys-1_a,b=c:d@e%f+g')).toBe('.data/keys-1_a,b=c:d@e%f+g');
  });

  it.each(['a b', "it's", '$HOME', '`id`', 'a;b', '"', '\\', '*', '~', '', '#a', 'a\nb', '(ü)'])(
    '%j reaches a command as it is',
    (word) => {
      const printed = execFileSync('/bin/sh', ['-c', `printf '%s' ${shellWord(word)}`], { encoding: 'utf8' });
      expect(printed).toBe(word);
    },
  );
});
