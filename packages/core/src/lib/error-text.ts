/** The name of an error, such as `ENOENT` or `config_invalid`. */
export function errorCode(error: unknown): string | undefined {
  return errorText(error, 'code');
}

/** A text of an error; what the system says of a file holds the path, and nothing of what is in the file. */
export function errorText(
  error: unknown,
  member: 'code' | 'path' | 'message' | 'syscall',
): string | undefined {
  const text = memberOf(error, member);
  return typeof text === 'string' ? text : undefined;
}

/** Of whatever was thrown: what `fetch` throws is not always an instance of this realm's `Error`. */
export function memberOf(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined;
}
