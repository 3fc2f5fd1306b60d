import { createHistogram } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { type Answer } from './send.js';

/** What became of many requests. */
export interface TrafficReport {
  readonly sent: number;
  /** How many of each outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Of the answers that were let in (2xx), from the moment that the request was sent, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of all answers. */
  readonly longestMs: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
}

/** Requests that go out at even intervals, whether or not earlier ones were answered. */
export interface Traffic {
  /** What became of all, when there are as many as wanted, or after `end()`, and all are answered. */
  readonly report: Promise<TrafficReport>;
  /** Sends no more. */
  end(): void;
}

export interface TrafficPlan {
  /** Request number `n` leaves `n / ratePerSecond` after the first, or at once when that is late. */
  readonly ratePerSecond: number;
  /** Default: until it is ended. */
  readonly count?: number;
}

/** Starts traffic at a steady rate. */
export function startTraffic(
  { ratePerSecond, count = Infinity }: TrafficPlan,
  sendOne: (number: number) => Promise<Answer>,
): Traffic {
  const tally = createTally();
  const startedAt = performance.now();
  let wanted = count;
  let sent = 0;

  async function sendAll(): Promise<TrafficReport> {
    while (sent < wanted) {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * ratePerSecond) + 1;
      while (sent < Math.min(due, wanted)) void tally.count(sendOne(sent++));
      await wait(Math.max(0, startedAt + (sent * 1000) / ratePerSecond - performance.now()));
    }
    await tally.settled();
    return { ...tally.report(), seconds: (performance.now() - startedAt) / 1000 };
  }

  return {
    report: sendAll(),
    end() {
      wanted = sent;
    },
  };
}

/** Sends requests one after the other. */
export async function sendInTurn(
  count: number,
  sendOne: (number: number) => Promise<Answer>,
): Promise<TrafficReport> {
  const tally = createTally();
  const startedAt = performance.now();
  for (let number = 0; number < count; number++) await tally.count(sendOne(number));
  return { ...tally.report(), seconds: (performance.now() - startedAt) / 1000 };
}

/** How many requests had none of the outcomes that are meant. */
export function othersThan(report: TrafficReport, ...meant: readonly string[]): number {
  return Object.entries(report.outcomes).reduce(
    (sum, [outcome, count]) => (meant.includes(outcome) ? sum : sum + count),
    0,
  );
}

interface Tally {
  count(answer: Promise<Answer>): Promise<void>;
  /** Resolves when every answer that is awaited has come. */
  settled(): Promise<void>;
  report(): Omit<TrafficReport, 'seconds'>;
}

function createTally(): Tally {
  const outcomes: Record<string, number> = {};
  // Microseconds, to three figures.
  const letIn = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });
  let sent = 0;
  let answered = 0;
  let longestMs = 0;
  let onAnswer: () => void = () => undefined;
  return {
    async settled() {
      while (answered < sent) {
        await new Promise<void>((resolve) => {
          onAnswer = resolve;
        });
      }
    },
    async count(answer) {
      sent++;
      const { outcome, ms } = await answer;
      answered++;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      longestMs = Math.max(longestMs, ms);
      if (outcome.startsWith('2')) letIn.record(Math.max(1, Math.round(ms * 1000)));
      onAnswer();
    },
    report: () => ({
      sent,
      outcomes,
      p50Ms: letIn.percentile(50) / 1000,
      p99Ms: letIn.percentile(99) / 1000,
      longestMs,
    }),
  };
}
