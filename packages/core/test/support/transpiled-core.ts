import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = fileURLToPath(new URL('../../src', import.meta.url));
const modules = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

/** Writes core's sources as JavaScript under `directory`, so that a test can run them in processes of their own. */
export async function transpileCore(directory: string): Promise<void> {
  const files = (await readdir(source, { recursive: true })).filter((name) => name.endsWith('.ts'));
  for (const file of files) {
    const target = join(directory, file.replace(/\.ts$/, '.js'));
    const { outputText } = ts.transpileModule(await readFile(join(source, file), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, outputText);
  }
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  await symlink(modules, join(directory, 'node_modules'));
}
