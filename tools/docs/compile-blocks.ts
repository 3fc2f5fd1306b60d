import { posix } from 'node:path';
import ts from 'typescript';
import { compilerOptions } from '../compiler-options.js';
import { repositoryRoot } from '../repository.js';
import { type CodeBlock } from './markdown.js';

/** A block as a file of its own beside its page, so that imports resolve as they would for a reader. */
interface BlockFile {
  readonly block: CodeBlock;
  readonly text: string;
  /** Lines that the context puts before the block. */
  readonly preambleLines: number;
}

/**
 * Compiles code blocks against the sources of the packages, with the repository's own strict options.
 * Nothing is run. Unused names are allowed: an example may stop before it uses what it shows.
 * @param preambles the files of tools/doc-context by their name without `.ts`.
 * @returns one line for each error, with the page and its line.
 */
export function compileBlocks(
  blocks: readonly CodeBlock[],
  preambles: ReadonlyMap<string, string>,
): readonly string[] {
  const missing = blocks.filter(({ context }) => context !== undefined && !preambles.has(context));
  const files = new Map(blocks.map((block) => [pathOf(block), fileOf(block, preambles)]));
  const options = { ...compilerOptions(), noUnusedLocals: false, noUnusedParameters: false };
  const program = ts.createProgram([...files.keys()], options, hostWith(files, options));
  return [
    ...missing.map(({ page, line, context }) => `${page}:${String(line)}: no context "${context ?? ''}"`),
    ...[...files].flatMap(([path, file]) => {
      const source = program.getSourceFile(path);
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
        (problem) => describe(problem, file),
      );
    }),
  ];
}

function pathOf({ page, line }: CodeBlock): string {
  return posix.join(repositoryRoot, `${page}.${String(line)}.ts`);
}

function fileOf(block: CodeBlock, preambles: ReadonlyMap<string, string>): BlockFile {
  const preamble = block.context === undefined ? '' : (preambles.get(block.context) ?? '');
  return { block, text: preamble + block.code, preambleLines: preamble.split('\n').length - 1 };
}

function hostWith(files: ReadonlyMap<string, BlockFile>, options: ts.CompilerOptions): ts.CompilerHost {
  const disk = ts.createCompilerHost(options);
  return {
    ...disk,
    fileExists: (path) => files.has(path) || disk.fileExists(path),
    readFile: (path) => files.get(path)?.text ?? disk.readFile(path),
    getSourceFile: (path, languageVersion, ...rest) => {
      const file = files.get(path);
      if (file === undefined) return disk.getSourceFile(path, languageVersion, ...rest);
      return ts.createSourceFile(path, file.text, languageVersion);
    },
  };
}

function describe(problem: ts.Diagnostic, { block, preambleLines }: BlockFile): string {
  const position = problem.file?.getLineAndCharacterOfPosition(problem.start ?? 0);
  const line = block.line + (position?.line ?? 0) - preambleLines;
  return `${block.page}:${String(line)}: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`;
}
