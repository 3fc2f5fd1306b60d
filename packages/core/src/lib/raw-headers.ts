/**
 * The values of all headers of one name, in the order in which they were sent.
 * @param rawHeaders names and values by turns, as Node keeps them.
 * @param name in lower case.
 */
export function headerValues(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
