/** Every object that can be reached from both, by the same way. */
export function sharedBy(one: object, other: object, found = new Set<object>()): ReadonlySet<object> {
  for (const [name, value] of Object.entries(one) as [string, unknown][]) {
    const its: unknown = Reflect.get(other, name);
    if (typeof value !== 'object' || value === null || typeof its !== 'object' || its === null) continue;
    if (value === its) found.add(value);
    sharedBy(value, its, found);
  }
  return found;
}
