import { randomUUID } from 'node:crypto';
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

/** Decisions of transactions that the gateway did not know when the watching began. */
export interface NewDecisions {
  /** All that came, as soon as they are enough. Ends the watching. */
  until(isEnough: (decisions: readonly Shown[]) => boolean): Promise<readonly Shown[]>;
}

/** Watches what the gateway shows; when this resolves, it has told everything that it knew before. */
export async function watchNewDecisions(url: string): Promise<NewDecisions> {
  const [answer] = (await once(get(`${url}/development/decisions`), 'response')) as [IncomingMessage];
  const lines = createInterface({ input: answer })[Symbol.asyncIterator]();
  const marker = await addMarker(url);
  const known = new Set<string | undefined>([undefined, marker]);
  let shown = await nextOf(lines);
  while (shown.transactionId !== marker) {
    known.add(shown.transactionId);
    shown = await nextOf(lines);
  }
  return {
    async until(isEnough) {
      const decisions: Shown[] = [];
      try {
        while (!isEnough(decisions)) {
          const next = await nextOf(lines);
          if (next.direction !== 'answer' && !known.has(next.transactionId)) decisions.push(next);
        }
        return decisions;
      } finally {
        answer.destroy();
      }
    },
  };
}

async function nextOf(lines: AsyncIterator<string>): Promise<Shown> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the gateway ended before there was enough to see');
    if (value.startsWith('data: ')) return JSON.parse(value.slice('data: '.length)) as Shown;
  }
}

/** What is told after it came after it. */
async function addMarker(url: string): Promise<string> {
  const transactionId = randomUUID();
  const time = new Date().toISOString();
  const marker = { service: 'test', direction: 'inbound', decision: 'allowed', time, transactionId };
  const { status } = await fetch(`${url}/development/decisions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(marker),
  });
  if (status !== 204) throw new Error(`the gateway did not take the marker: ${String(status)}`);
  return transactionId;
}
