import { fileURLToPath } from 'node:url';
import { type ExistingProvider, type Type } from '@nestjs/common';
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

/** Provides ours under the classes of every other copy, so that what was compiled against those gets them injected. */
export function aliasesOfOtherCopies(injectables: Injectables): readonly ExistingProvider[] {
  return [...registered().values()]
    .filter(({ folder, version }) => folder !== THIS_COPY.folder && version === VERSION)
    .flatMap((copy) =>
      Object.entries(injectables).flatMap(([name, useExisting]) => {
        const provide = copy.injectables[name];
        // Two copies of this package may share one copy of core, whose classes are then the same.
        return provide === undefined || provide === useExisting ? [] : [{ provide, useExisting }];
      }),
    );
}

/** @throws CountersignError `config_invalid` when another version decorated something: what it means is not known here. */
export function refuseOtherVersion({ version, folder }: Copy, what: string): void {
  if (version === VERSION) return;
  throw new CountersignError(
    'config_invalid',
    `${what} is decorated by @countersign/nestjs ${version} in ${folder}, but CountersignModule is of version ${VERSION} in ` +
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
