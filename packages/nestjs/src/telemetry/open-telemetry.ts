/** What the loaders of Node and of Jest say when a package is not installed. */
const NOT_INSTALLED: ReadonlySet<unknown> = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);

/** A package that the application may have installed. @returns undefined when it has not. */
export async function ifInstalled<T>(load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    const code: unknown = typeof error === 'object' && error !== null && 'code' in error && error.code;
    if (NOT_INSTALLED.has(code)) return undefined;
    throw error;
  }
}

/** The API of OpenTelemetry, through which the application's own SDK gets spans and metrics, if there is one. */
export function openTelemetry(): Promise<typeof import('@opentelemetry/api') | undefined> {
  return ifInstalled(() => import('@opentelemetry/api'));
}
