import { shortestWay } from './cycles.js';
import { FORBIDDEN_REACH } from './rules.js';

/**
 * Finds chains of imports that lead where `FORBIDDEN_REACH` says that none may lead. Each pair is reported once, by its
 * shortest chain.
 */
export function findForbiddenReach(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  return FORBIDDEN_REACH.flatMap(([from, to]) => {
    const chains = [...graph.keys()]
      .filter((path) => path.startsWith(from))
      .map((path) => shortestWay(graph, path, (target) => target.startsWith(to)))
      .filter((chain) => chain !== undefined);
    const [shortest] = chains.sort((one, other) => one.length - other.length);
    return shortest === undefined ? [] : [`${from} must not reach ${to}: ${shortest.join(' -> ')}`];
  });
}
