/**
 * Finds import cycles: each strongly connected set of two or more files, and each file that imports itself,
 * as the shortest path that leads from its first file back to it.
 */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const reported = new Set<string>();
  return [...graph.keys()].sort().flatMap((start) => {
    if (reported.has(start)) return [];
    const path = shortestWay(graph, start, (path) => path === start);
    if (path === undefined) return [];
    for (const file of path) reported.add(file);
    return [path];
  });
}

/** Searches breadth first, so that a report names as few files as possible. */
export function shortestWay(
  graph: ReadonlyMap<string, readonly string[]>,
  from: string,
  isGoal: (path: string) => boolean,
): readonly string[] | undefined {
  const seen = new Set<string>();
  let ways: readonly (readonly string[])[] = [[from]];
  while (ways.length > 0) {
    const longer: (readonly string[])[] = [];
    for (const way of ways) {
      for (const next of graph.get(way.at(-1) ?? from) ?? []) {
        if (isGoal(next)) return [...way, next];
        if (seen.has(next)) continue;
        seen.add(next);
        longer.push([...way, next]);
      }
    }
    ways = longer;
  }
  return undefined;
}
