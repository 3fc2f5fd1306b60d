/** What the loaders of Node, of Jest and of webpack say when a package is not installed. */
const NOT_INSTALLED: ReadonlySet<unknown> = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);

/** Lets it pass that a package is not installed. @throws whatever else it was that kept the package from loading. */
export function throwUnlessAbsent(error: unknown): void {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error && error.code;
  if (!NOT_INSTALLED.has(code)) throw error;
}

/**
 * A package that was loaded. @returns undefined for the empty module that webpack hands out instead when one that is absent is
 * loaded for the second time.
 */
export function unlessEmpty<Module extends object>(loaded: Module, member: keyof Module): Module | undefined {
  return member in loaded ? loaded : undefined;
}

/** The API of OpenTelemetry, through which the application's own SDK gets spans and metrics, if there is one. */
export async function openTelemetry(): Promise<typeof import('@opentelemetry/api') | undefined> {
  // Bundlers leave out an absent package, and go on, where it is awaited inside of `try`.
  try {
    return unlessEmpty(await import('@opentelemetry/api'), 'trace');
  } catch (error) {
    throwUnlessAbsent(error);
    return undefined;
  }
}
