import { fileURLToPath } from 'node:url';
import { type ExistingProvider, type FactoryProvider, Scope, type Type } from '@nestjs/common';
import { INQUIRER } from '@nestjs/core';
import { CountersignError } from '@countersign/core';

/** One copy of this package. A library that brings its own, or two sets of peers, leave two of them in one process. */
export interface Copy {
  readonly version: string;
  readonly folder: string;
}

/** The version of this package, as its `package.json` says it. */
const VERSION = '0.1.0';

export const THIS_COPY: Copy = { version: VERSION, folder: folderOf(import.meta.url) };

/** The classes under which a copy injects its providers. */
type Injectables = Readonly<Record<string, Type>>;

/** Every copy in the process. The name is global, so that each copy finds the same list. */
const COPIES = Symbol.for('countersign:copies');

/** Lets other copies know which classes this one injects. */
export function registerCopy(injectables: Injectables): void {
  registered().set(THIS_COPY.folder, { ...THIS_COPY, injectables });
}

/**
 * Provides ours under the classes of every other copy, so that what was compiled against those gets them injected. Under the
 * classes of another version it provides an error, which nobody meets who does not have them injected.
 */
export function providersForOtherCopies(
  injectables: Injectables,
): readonly (ExistingProvider | FactoryProvider)[] {
  return [...registered().values()]
    .filter(({ folder }) => folder !== THIS_COPY.folder)
    .flatMap((copy) =>
      Object.entries(injectables).flatMap(([name, useExisting]) => {
        const provide = copy.injectables[name];
        // Two copies of this package may share one copy of core, whose classes are then the same.
        if (provide === undefined || provide === useExisting) return [];
        return [copy.version === VERSION ? { provide, useExisting } : refusal(provide, copy)];
      }),
    );
}

/** Nest makes one for each class that has it injected, and so none where no class has. */
function refusal(provide: Type, copy: Copy): FactoryProvider {
  return {
    provide,
    scope: Scope.TRANSIENT,
    inject: [INQUIRER],
    useFactory: ({ constructor }: object) => refuseOtherVersion(copy, constructor.name),
  };
}

/** @throws CountersignError `config_invalid` when a class uses another version: what it means is not known here. */
export function refuseOtherVersion({ version, folder }: Copy, className: string): void {
  if (version === VERSION) return;
  throw new CountersignError(
    'config_invalid',
    `${className} uses @countersign/nestjs ${version} in ${folder}, but CountersignModule is of version ${VERSION} in ` +
      `${THIS_COPY.folder}. Install one version for both, for example by "overrides" in package.json.`,
  );
}

function registered(): Map<string, Copy & { readonly injectables: Injectables }> {
  const found: unknown = Reflect.get(globalThis, COPIES);
  // Only copies of this package write under that name.
  if (found instanceof Map) return found as Map<string, Copy & { readonly injectables: Injectables }>;
  const made = new Map<string, Copy & { readonly injectables: Injectables }>();
  Reflect.set(globalThis, COPIES, made);
  return made;
}

/** In a bundle there is no address of a file. */
function folderOf(url: string | undefined): string {
  return url?.startsWith('file:') === true ? fileURLToPath(new URL('..', url)) : 'a bundle';
}
