import { readFileSync } from 'node:fs';
import { FAULTS } from '@countersign/core';

/** What a refusal means, and what whoever gets it can do. */
export interface DocumentedFault {
  readonly title: string;
  readonly kind: string;
  readonly advice: string;
}

const PAGE = new URL('../../../../docs/faults.md', import.meta.url);

/** The codes of `docs/faults.md`, in its words; without advice where the page is not there. */
export function readDocumentedFaults(page: URL = PAGE): Readonly<Record<string, DocumentedFault>> {
  const rows = readText(page).matchAll(/^\| `(\w+)` \| \w+ \| \d+ \| (.+) \|$/gm);
  const advice = new Map([...rows].map(([, code = '', text = '']) => [code, plain(text)]));
  return Object.fromEntries(
    Object.entries(FAULTS).map(([code, { title, kind }]) => [
      code,
      { title, kind, advice: advice.get(code) ?? '' },
    ]),
  );
}

function readText(page: URL): string {
  try {
    return readFileSync(page, 'utf8');
  } catch {
    return '';
  }
}

/** Markdown without its marks. */
function plain(text: string): string {
  return text.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1').replaceAll('`', '');
}
