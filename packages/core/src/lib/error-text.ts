/** The name of an error, such as `ENOENT` or `config_invalid`. */
export function errorCode(error: unknown): string | undefined {
  return errorText(error, 'code');
}

/** A text of an error; what the system says of a file holds the path, and nothing of what is in the file. */
export function errorText(
  error: unknown,
  member: 'code' | 'path' | 'message' | 'syscall',
): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const text: unknown = Reflect.get(error, member);
  return typeof text === 'string' ? text : undefined;
}
