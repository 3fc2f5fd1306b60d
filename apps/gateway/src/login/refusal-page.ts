import { escapeHtml, pageHeaders, type ProblemDocument } from '@countersign/service-kit';

/** What a person can do about it, beside trying again. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['login_refused', 'A login is good for ten minutes and one attempt, in the browser where it began.'],
  ['input_invalid', 'The link that led here names a place that is not ours. You can log in without it.'],
  ['provider_unavailable', 'Please wait a few seconds before you try again.'],
]);

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 3rem auto; max-width: 32rem; padding: 0 1rem; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
`;

/** How the page is sent. */
export const PAGE_HEADERS = pageHeaders(STYLE);

/** A refused login for a person: what happened, and how to try again. Holds nothing of the request. */
export function renderRefusal({ status, code, title }: ProblemDocument): string {
  const advice = ADVICE.get(code);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>You are not logged in</title><style>${STYLE}</style></head>
<body><main><h1>You are not logged in</h1>
<p>${escapeHtml(title)}</p>${advice === undefined ? '' : `\n<p>${escapeHtml(advice)}</p>`}
<p><a href="/login">Try to log in again</a></p>
<p><small>${String(status)} <code>${escapeHtml(code)}</code></small></p>
</main></body></html>
`;
}
