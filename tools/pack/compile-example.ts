import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { readPage } from '../docs/markdown.js';
import { repositoryRoot } from '../repository.js';
import { type Consumer } from './consumer.js';

/** Where the READMEs say that herald's keys are. Nobody answers there: a test issuer stands in. */
const HERALD_KEYS = "'https://herald.service/.well-known/jwks.json'";

interface Example {
  /** The page whose first TypeScript block it is, from the root of the repository. */
  readonly readme: string;
  /** What it is called in the project. */
  readonly file: string;
  /** The script of `tools/fixtures` that starts and asks it. */
  readonly asker: string;
}

/**
 * Puts an example and what asks it into the project, and compiles it against what is installed there.
 * @returns what the compiler says of the example, and of our declarations.
 */
export async function compileExample(
  consumer: Consumer,
  { readme, file, asker }: Example,
): Promise<readonly string[]> {
  const page = readPage(readme, await readFile(join(repositoryRoot, readme), 'utf8'));
  const example = page.blocks.find(({ language }) => language === 'ts')?.code ?? '';
  if (!example.includes(HERALD_KEYS))
    throw new Error(`the first block of ${readme} does not name ${HERALD_KEYS}`);
  const path = join(consumer.folder, file);
  await writeFile(path, example.replace(HERALD_KEYS, "String(process.env['HERALD_JWKS_URI'])"));
  await copyFile(join(repositoryRoot, 'tools/fixtures', asker), join(consumer.folder, asker));
  const program = ts.createProgram([path], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    types: ['node'],
    typeRoots: [join(repositoryRoot, 'node_modules/@types')],
  });
  program.emit();
  return ts
    .getPreEmitDiagnostics(program)
    .filter(
      (each) =>
        each.file === undefined || each.file.fileName === path || each.file.fileName.includes('@countersign'),
    )
    .map((each) => `${each.file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(each.messageText, ' ')}`);
}
