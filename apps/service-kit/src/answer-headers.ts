import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** `script-src` says no more than `default-src`. The provider of OpenID looks for it, to let its one script in by its hash. */
const POLICY = "default-src 'none'; script-src 'none'; base-uri 'none'; frame-ancestors 'none'";

const ANSWER_HEADERS = {
  'Content-Security-Policy': POLICY,
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/**
 * Gives each answer what a page must have which nobody thought of, such as a framework's own: it loads nothing, and is in
 * no frame; its address, which may hold a code, goes nowhere. To be called before anybody answers, who may set others.
 */
export function setAnswerHeaders(_request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(ANSWER_HEADERS)) response.setHeader(name, value);
}

/**
 * How a page of ours is sent: the same, with its own style, and not kept.
 * @param style the text of its one `<style>`.
 * @param options `hasForm`: whether it has a form, which may lead anywhere: a limit would hold for each redirect that
 *   follows, too.
 */
export function pageHeaders(style: string, { hasForm = false } = {}): Readonly<Record<string, string>> {
  const hash = createHash('sha256').update(style).digest('base64');
  return {
    ...ANSWER_HEADERS,
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `${POLICY}; style-src 'sha256-${hash}'${hasForm ? '' : "; form-action 'none'"}`,
  };
}
