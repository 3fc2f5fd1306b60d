import ts from 'typescript';
import { type SourceFile } from './source-file.js';

/**
 * Finds JSDoc comments in a row before one declaration: an editor shows the last one, and the others are lost. Allowed is a
 * comment about the whole file before its first declaration, with an empty line after it.
 */
export function checkDocComments({ path, syntax }: SourceFile): readonly string[] {
  const header = headerOf(syntax);
  const starts = new Set<number>();
  const visit = (node: ts.Node): void => {
    starts.add(node.getFullStart());
    ts.forEachChild(node, visit);
  };
  visit(syntax);
  return [...starts]
    .flatMap((start) => docCommentsAt(syntax, start).slice(0, -1))
    .filter(({ pos }) => pos !== header)
    .map(({ pos }) => {
      const { line } = syntax.getLineAndCharacterOfPosition(pos);
      return `${path}:${String(line + 1)}: the next JSDoc comment hides this one; make them one`;
    });
}

/** Where the comment about the whole file begins, if it stands before the first declaration. */
function headerOf(syntax: ts.SourceFile): number | undefined {
  const first = syntax.statements.find((statement) => !ts.isImportDeclaration(statement));
  const [header] = first === undefined ? [] : docCommentsAt(syntax, first.getFullStart());
  return header !== undefined && /^\r?\n\r?\n/.test(syntax.text.slice(header.end)) ? header.pos : undefined;
}

function docCommentsAt({ text }: ts.SourceFile, start: number): readonly ts.CommentRange[] {
  const comments = ts.getLeadingCommentRanges(text, start) ?? [];
  return comments.filter(({ pos }) => /^\/\*\*[^*/]/.test(text.slice(pos, pos + 4)));
}
