import { createAuthorizer, createVerifier, FAULTS, type FaultKind } from '@countersign/core';
import { type CodeBlock, type Page } from './markdown.js';

/** The status that a kind has unless a fault names its own (docs/faults.md, "Whose fault"). */
const STATUS: Readonly<Record<FaultKind, number>> = {
  unauthenticated: 401,
  bad_request: 400,
  forbidden: 403,
  unavailable: 503,
  misconfigured: 500,
};

/** Every fault as a row of the table in docs/faults.md begins: code, kind, status. */
export function expectedFaultRows(): readonly string[] {
  return Object.entries(FAULTS)
    .map(([code, { kind, status }]) => `\`${code}\` | ${kind} | ${String(status ?? STATUS[kind])}`)
    .sort();
}

/** The same, as the page says it: all rows whose first cell is one code in backticks. */
export function documentedFaultRows(page: Page): readonly string[] {
  return page.tables
    .flat()
    .filter(([first = '']) => /^`[a-z0-9_]+`$/.test(first))
    .map((cells) => cells.slice(0, 3).join(' | '))
    .sort();
}

/**
 * Parses a JSON block, and checks trust and destination records as a service would at start.
 * @returns what is wrong with it, or undefined.
 */
export function checkJson({ page, line, code }: CodeBlock): string | undefined {
  try {
    const value: unknown = JSON.parse(code);
    const records = Array.isArray(value) ? value : [value];
    if (records.every((record) => hasMembers(record, 'issuer', 'keys')))
      createVerifier({ service: 'https://order.service/', trust: records });
    if (records.every((record) => hasMembers(record, 'onBehalfOf'))) checkDestinations(records);
    return undefined;
  } catch (error) {
    return `${page}:${String(line)}: ${error instanceof Error ? error.message : 'unreadable'}`;
  }
}

/** What SECURITY.md guarantees: the beginning of each item of its list, in bold, without the full stop. */
export function guarantees(text: string): readonly string[] {
  const [, list = ''] = /^## What we guarantee\n([^]*?)^### /m.exec(text) ?? [];
  return [...list.matchAll(/^- \*\*(.+?)\.?\*\*/gm)].map(([, name = '']) => name);
}

/** The same as the first cells of the table that says where each is proved, with the specs that it names. */
export function provedGuarantees(page: Page): ReadonlyMap<string, readonly string[]> {
  const [rows = []] = page.tables.filter(([head]) => head?.[0] === 'guarantee' && head[1] === 'tests');
  return new Map(
    rows
      .slice(1)
      .map(([name = '', specs = '']) => [
        name,
        [...specs.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path),
      ]),
  );
}

/** The npm scripts that a shell block runs: `npm run x`, `npm test`, `npm start`; with the workspace where one is named. */
export function npmScripts({
  code,
}: CodeBlock): readonly { readonly script: string; readonly workspace: string }[] {
  const commands = code
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, ''))
    .flatMap((line) => line.split(/&&|;|\|/))
    .map((command) => command.trim().split(/\s+/))
    .map((words) => words.slice(words.indexOf('npm')));
  return commands.flatMap(([program, verb, name, ...rest]) => {
    if (program !== 'npm') return [];
    const flags = verb === 'run' ? rest : [name, ...rest];
    const workspace = flags[flags.indexOf('-w') + 1] ?? '';
    const script = verb === 'run' ? name : ['test', 'start'].find((short) => short === verb);
    return script === undefined ? [] : [{ script, workspace: flags.includes('-w') ? workspace : '' }];
  });
}

function checkDestinations(destinations: readonly never[]): void {
  const unusedKeys: Parameters<typeof createAuthorizer>[0]['keyStore'] = {
    signer: () => {
      throw new Error('an example signs nothing');
    },
    publicKeys: () => ({ keys: [] }),
  };
  createAuthorizer({ service: 'https://order.service/', destinations, keyStore: unusedKeys });
}

function hasMembers(record: unknown, ...names: readonly string[]): record is never {
  return typeof record === 'object' && record !== null && names.every((name) => Object.hasOwn(record, name));
}
