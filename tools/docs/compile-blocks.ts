import { posix } from 'node:path';
import ts from 'typescript';
import { compilerOptions } from '../compiler-options.js';
import { repositoryRoot } from '../repository.js';
import { type CodeBlock } from './markdown.js';

/**
 * Compiles code blocks against the sources of the packages, with the repository's own strict options.
 * Nothing is run. Unused names are allowed: an example may stop before it uses what it shows.
 * @returns one line for each error, with the page and its line.
 */
export function compileBlocks(blocks: readonly CodeBlock[]): readonly string[] {
  const files = new Map(blocks.map((block) => [pathOf(block), block]));
  const options = { ...compilerOptions(), noUnusedLocals: false, noUnusedParameters: false };
  const program = ts.createProgram([...files.keys()], options, hostWith(files, options));
  return [...files].flatMap(([path, block]) => {
    const source = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      (problem) => describe(problem, block),
    );
  });
}

/** Beside its page, so that imports resolve as they would for a reader. */
function pathOf({ page, line }: CodeBlock): string {
  return posix.join(repositoryRoot, `${page}.${String(line)}.ts`);
}

function hostWith(files: ReadonlyMap<string, CodeBlock>, options: ts.CompilerOptions): ts.CompilerHost {
  const disk = ts.createCompilerHost(options);
  return {
    ...disk,
    fileExists: (path) => files.has(path) || disk.fileExists(path),
    readFile: (path) => files.get(path)?.code ?? disk.readFile(path),
    getSourceFile: (path, languageVersion, ...rest) => {
      const block = files.get(path);
      if (block === undefined) return disk.getSourceFile(path, languageVersion, ...rest);
      return ts.createSourceFile(path, block.code, languageVersion);
    },
  };
}

function describe(problem: ts.Diagnostic, block: CodeBlock): string {
  const position = problem.file?.getLineAndCharacterOfPosition(problem.start ?? 0);
  const line = block.line + (position?.line ?? 0);
  return `${block.page}:${String(line)}: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`;
}
