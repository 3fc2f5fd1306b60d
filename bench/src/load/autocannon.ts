import { startNode } from '../processes.js';
import { CONNECTIONS, type Load, type LoadResult } from './load.js';

/** autocannon, which needs nothing but Node. It builds each request when it is sent, and so is slower than wrk. */
export async function autocannonLoad(): Promise<Load> {
  const autocannon = await startNode('load/autocannon-process.js', {}, { core: 'load' });
  return {
    name: `autocannon, ${String(CONNECTIONS)} connections`,
    run: async (task) => (await autocannon.ask(task)) as LoadResult,
    close: () => autocannon.stop(),
  };
}
