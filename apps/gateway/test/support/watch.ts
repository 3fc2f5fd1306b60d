import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';

/** A decision as the gateway shows it. */
export interface Shown {
  readonly service: string;
  readonly direction: string;
  readonly decision: string;
  readonly transactionId?: string;
}

/** The decisions that the gateway shows, until `isEnough`. */
export async function watchDecisions(
  url: string,
  isEnough: (decisions: readonly Shown[]) => boolean,
): Promise<readonly Shown[]> {
  const [answer] = (await once(get(`${url}/development/decisions`), 'response')) as [IncomingMessage];
  const decisions: Shown[] = [];
  try {
    for await (const line of createInterface({ input: answer })) {
      if (!line.startsWith('data: ')) continue;
      const shown = JSON.parse(line.slice('data: '.length)) as Shown;
      if (shown.direction === 'answer') continue;
      decisions.push(shown);
      if (isEnough(decisions)) return decisions;
    }
    throw new Error('the gateway ended before there was enough to see');
  } finally {
    answer.destroy();
  }
}
