import { stylesFor } from '../../src/output/styles.js';

describe('the styles of a stream', () => {
  it('are colours on a terminal that has them', () => {
    const styles = stylesFor({ isTTY: true, hasColors: () => true });
    expect(styles.bad('x')).toBe('\u001B[31mx\u001B[39m');
    expect(styles.plain('x')).toBe('x');
  });

  it('are none on a terminal without, as with NO_COLOR', () => {
    expect(stylesFor({ isTTY: true, hasColors: () => false }).bad('x')).toBe('x');
  });

  it('are none in a file or a pipe', () => {
    expect(stylesFor({ isTTY: false, hasColors: () => true }).bad('x')).toBe('x');
  });
});
