import { REASON } from './application/reached.js';
import { type Report } from './report.js';
import { type Knock } from './strangers/knock.js';

/** Nest 11 answers nothing to a client of a native WebSocket that was refused. */
const SILENT = '[]';

/** What the application sets off itself. */
const OWN_TRIGGERS: ReadonlySet<string> = new Set(['cron', 'listener']);

/**
 * What is wrong about a report, a line for each. Every handler must be closed, but for those that are public.
 * @param nest its major version.
 */
export function judge(report: Report, nest: number): readonly string[] {
  return [
    ...(report.problems ?? []),
    ...Object.keys(report.reached).flatMap((name) => (mayRun(name, report) ? [] : [`${name} was reached`])),
    ...report.knocks.flatMap((knock) => problemOf(knock, report, nest)),
  ];
}

function mayRun(name: string, { open = [] }: Report): boolean {
  const [variant = '', kind = ''] = name.split('.');
  return variant === 'public' || variant === 'throws' || OWN_TRIGGERS.has(kind) || open.includes(variant);
}

function problemOf({ variant, kind, answer }: Knock, report: Report, nest: number): readonly string[] {
  const name = `${variant}.${kind}`;
  const shown = JSON.stringify(answer);
  const problem = (what: string) => [`${name} ${what}: ${shown}`];
  if (shown.includes('no answer')) return problem('left its client waiting');
  if (shown.includes(REASON)) return problem("showed the operator's reason");
  const isReached = (report.reached[name] ?? 0) > 0;
  if (variant === 'public' || report.open?.includes(variant) === true)
    return isReached && !isError(kind, answer) ? [] : problem('was not reached');
  if (kind === 'event' || (nest === 11 && shown === SILENT)) return [];
  if (!isError(kind, answer)) return problem('was not answered by an error');
  if (variant === 'throws') return isReached ? [] : problem('was not reached');
  const says = report.says ?? [codeOf(kind)];
  return says.some((text) => shown.includes(text)) ? [] : problem('was refused with another code');
}

/** What the token of a stranger lacks over HTTP, which is a token or a scope; other transports are not supported. */
function codeOf(kind: string): string {
  return kind === 'route' || kind === 'sse' ? '_missing' : 'transport_unsupported';
}

/** Each transport has a form of its own. */
function isError(kind: string, answer: unknown): boolean {
  const [first] = Array.isArray(answer) ? (answer as unknown[]) : [answer];
  switch (kind) {
    case 'route':
    case 'sse':
      return has(first, 'status') && Number(first.status) >= 400;
    case 'query':
    case 'mutation':
    case 'field':
      return has(first, 'body') && isGraphqlError(first.body);
    case 'subscription':
      return has(first, 'payload') && (first.payload instanceof Array || isGraphqlError(first.payload));
    case 'frame':
      return has(first, 'event') && first.event === 'exception';
    case 'message':
    case 'later':
      return has(first, 'error') && has(first.error, 'status') && first.error.status === 'error';
    default:
      return has(first, 'code') && Number(first.code) > 0;
  }
}

/** An entry in `errors`, and none of what was asked for. */
function isGraphqlError(body: unknown): boolean {
  if (!has(body, 'errors') || !Array.isArray(body.errors) || body.errors.length === 0) return false;
  return !has(body, 'data') || !JSON.stringify(body.data).includes(':"');
}

function has<Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> {
  return typeof value === 'object' && value !== null && name in value;
}
