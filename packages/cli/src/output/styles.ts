import { styleText } from 'node:util';

/** Marks text for the eye; gives it back as it is where nobody would see the colour. */
export type Styles = Readonly<
  Record<'plain' | 'strong' | 'faint' | 'good' | 'waiting' | 'bad', (text: string) => string>
>;

const PLAIN = (text: string): string => text;

/** The styles for a stream: colours on a terminal that has them, unless `NO_COLOR` is set; none in a file or a pipe. */
export function stylesFor(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'hasColors'>): Styles {
  // Typed as always there, and missing from a stream that is a file or a pipe.
  const isColored = stream.isTTY && stream.hasColors();
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    styleText(format, text, { validateStream: false });
  return {
    plain: PLAIN,
    strong: isColored ? style('bold') : PLAIN,
    faint: isColored ? style('dim') : PLAIN,
    good: isColored ? style('green') : PLAIN,
    waiting: isColored ? style('yellow') : PLAIN,
    bad: isColored ? style('red') : PLAIN,
  };
}
