import { jsonReport } from './json-report.js';
import { describeTime } from './iso-time.js';
import { exitCodeOf, type Report } from './report.js';
import { stylesFor, type Styles } from './styles.js';

/**
 * Prints what a command has to say: on stdout when all is well, on stderr when it is not. As JSON it is always on stdout,
 * one document, and stderr still says in a sentence what is wrong.
 */
export function printReport(report: Report, isJson: boolean): void {
  const isWell = exitCodeOf(report) === 0;
  if (isJson) process.stdout.write(`${JSON.stringify(jsonReport(report), undefined, 2)}\n`);
  if (isJson && !isWell) process.stderr.write(`${report.sentences.join(' ')}\n`);
  if (isJson || report.isQuiet) return;
  const stream = isWell ? process.stdout : process.stderr;
  const lines = textReport(report, stylesFor(stream));
  stream.write(lines.map((line) => `${line}\n`).join(''));
}

function textReport(report: Report, styles: Styles): readonly string[] {
  return [
    ...report.sentences,
    ...report.details(styles),
    ...report.problems.map(({ severity, path, problem }) => {
      const mark = severity === 'error' ? styles.bad : styles.waiting;
      return `${mark(severity)}  ${path}: ${problem}`;
    }),
    ...refusalLines(report, styles),
    ...nextLines(report, styles),
  ];
}

function refusalLines({ refusal, at }: Report, { strong }: Styles): readonly string[] {
  const { notBefore, command, forceCommand, wouldBreak } = refusal ?? {};
  const lines = [];
  if (notBefore !== undefined && command !== undefined)
    lines.push(`Safe from ${describeTime(notBefore, at)}:`, `  ${strong(command)}`);
  if (forceCommand !== undefined && wouldBreak !== undefined)
    lines.push(
      'To do it now all the same:',
      `  ${strong(forceCommand)}`,
      `What that would break: ${wouldBreak}`,
    );
  return lines;
}

/** A refusal has said already what comes next. */
function nextLines({ outcome, next, state, at }: Report, { strong }: Styles): readonly string[] {
  if (next === undefined || outcome === 'refused' || outcome === 'failed') return [];
  if (next.action === 'prepare' && next.notBefore <= at && state?.keys.some((key) => key.state === 'active'))
    return ['Nothing has to be done next. When you want a new key:', `  ${strong(next.command)}`];
  const when = next.notBefore > at ? `from ${describeTime(next.notBefore, at)}` : 'safe now';
  return [`Next, ${when}:`, `  ${strong(next.command)}`];
}
