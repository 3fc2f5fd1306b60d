/** What is under way for a key, or is begun. */
export function once<T>(flights: Map<string, Promise<T>>, key: string, begin: () => Promise<T>): Promise<T> {
  const underWay = flights.get(key);
  if (underWay !== undefined) return underWay;
  const flight = begin().finally(() => flights.delete(key));
  flights.set(key, flight);
  return flight;
}
