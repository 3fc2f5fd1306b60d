/** A process of its own, so that it can have a core of its own: runs autocannon for each message, and answers with the result. */
import { readFile } from 'node:fs/promises';
import autocannon from 'autocannon';
import { CONNECTIONS, type LoadResult, type LoadTask } from './load.js';

process.on('message', (task: LoadTask) => {
  void fire(task).then((result) => process.send?.(result));
});
process.send?.('ready');

async function fire({ url, tokenFile, length }: LoadTask): Promise<LoadResult> {
  const tokens = (await readFile(tokenFile, 'utf8')).split('\n');
  let next = 0;
  const started = performance.now();
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    ...('seconds' in length ? { duration: length.seconds } : { amount: length.requests }),
    // It looks whether it is done only when it takes a sample.
    sampleInt: 20,
    requests: [
      {
        setupRequest(request) {
          const authorization = `Bearer ${tokens[next] ?? ''}`;
          next = (next + 1) % tokens.length;
          return { ...request, headers: { ...request.headers, authorization } };
        },
      },
    ],
  });
  return {
    requests: result['2xx'] + result.non2xx,
    // Its own figure is rounded.
    seconds: (performance.now() - started) / 1000,
    failures: result.non2xx + result.errors,
  };
}
