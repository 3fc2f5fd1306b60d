import { join } from 'node:path';
import ts from 'typescript';
import { repositoryRoot } from './repository.js';

/** The options of tsconfig.base.json for a program of our own: strict, packages read by their sources, nothing written. */
export function compilerOptions(): ts.CompilerOptions {
  const path = join(repositoryRoot, 'tsconfig.base.json');
  const { config, error } = ts.readConfigFile(path, (file) => ts.sys.readFile(file)) as {
    readonly config?: { readonly compilerOptions?: object };
    readonly error?: ts.Diagnostic;
  };
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    config?.compilerOptions ?? {},
    repositoryRoot,
  );
  if (errors[0] !== undefined) throw new Error(ts.flattenDiagnosticMessageText(errors[0].messageText, '\n'));
  return { ...options, noEmit: true, composite: false, declaration: false, declarationMap: false };
}
