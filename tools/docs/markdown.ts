import { posix } from 'node:path';
import GithubSlugger from 'github-slugger';
import MarkdownIt, { type Token } from 'markdown-it';

/** A fenced code block. */
export interface CodeBlock {
  readonly page: string;
  /** 1-based line of the first line of code. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/** What a page points to: a link, an image, or a path of the repository in backticks. */
export interface Reference {
  readonly page: string;
  readonly line: number;
  readonly target: string;
}

/** The rows of a table, each with its cells. */
export type Table = readonly (readonly string[])[];

/** One page, taken apart. */
export interface Page {
  readonly path: string;
  readonly blocks: readonly CodeBlock[];
  readonly links: readonly Reference[];
  /** Inline code. */
  readonly code: readonly Reference[];
  /** Of each table the cells of its rows, the head included, as they are written. */
  readonly tables: readonly Table[];
  /** What `#...` can point to. */
  readonly anchors: ReadonlySet<string>;
}

const parser = new MarkdownIt({ html: true });

/** Takes a page apart as GitHub would read it. */
export function readPage(path: string, text: string): Page {
  const tokens = parser.parse(text, {});
  const lines = linesOf(tokens);
  const inline = tokens.flatMap((token, index) =>
    (token.children ?? []).map((child) => ({ child, line: lines[index] ?? 1 })),
  );
  return {
    path,
    blocks: tokens.flatMap((token) => (token.type === 'fence' ? [blockOf(path, token)] : [])),
    links: inline.flatMap(({ child, line }) => {
      const target = child.attrGet(child.type === 'image' ? 'src' : 'href');
      return typeof target === 'string' ? [{ page: path, line, target }] : [];
    }),
    code: inline.flatMap(({ child, line }) =>
      child.type === 'code_inline' ? [{ page: path, line, target: child.content }] : [],
    ),
    tables: tablesOf(tokens),
    anchors: anchorsOf(tokens),
  };
}

/** The file that a relative link means, with its anchor; undefined for links that leave the repository. */
export function resolveLink(
  link: Reference,
): { readonly path: string; readonly anchor: string | undefined } | undefined {
  if (/^[a-z][a-z+.-]*:|^\/\//i.test(link.target)) return undefined;
  const [target = '', anchor] = link.target.split('#');
  const path = target === '' ? link.page : posix.join(posix.dirname(link.page), decodeURI(target));
  return { path: path.replace(/\/$/, ''), anchor };
}

/** Tokens inside a table cell have no line of their own: they get the last one that was named. */
function linesOf(tokens: readonly Token[]): readonly number[] {
  let line = 1;
  return tokens.map((token) => (line = token.map === null ? line : token.map[0] + 1));
}

function blockOf(page: string, fence: Token): CodeBlock {
  return {
    page,
    line: (fence.map?.[0] ?? 0) + 2,
    language: fence.info.trim().split(/\s+/)[0] ?? '',
    code: fence.content,
  };
}

function tablesOf(tokens: readonly Token[]): readonly Table[] {
  const tables: string[][][] = [];
  let row: string[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'table_open') tables.push([]);
    if (token.type === 'tr_open') tables.at(-1)?.push((row = []));
    if (token.type === 'td_open' || token.type === 'th_open') row.push(tokens[index + 1]?.content ?? '');
  }
  return tables;
}

function anchorsOf(tokens: readonly Token[]): ReadonlySet<string> {
  const slugger = new GithubSlugger();
  return new Set(
    tokens.flatMap((token, index) => {
      if (token.type !== 'heading_open') return [];
      const text = (tokens[index + 1]?.children ?? []).map((child) => child.content).join('');
      return [slugger.slug(text)];
    }),
  );
}
