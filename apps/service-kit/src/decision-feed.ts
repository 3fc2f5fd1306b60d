import { type DecisionRecord, type DecisionRecorder, logDecisions } from '@countersign/nestjs';

const TIMEOUT_MS = 2_000;
/** Further records are not sent while so many are on their way; decisions are in the log all the same. */
const MAX_UNDER_WAY = 50;

/** That a request which was let in has its answer. */
export interface AnswerRecord {
  readonly direction: 'answer';
  /** ISO 8601. */
  readonly time: string;
  readonly transactionId: string;
  readonly method: string;
  /** The pattern of the route, such as `/user/:id`. */
  readonly route: string;
  readonly status: number;
  /** From when it was let in. */
  readonly tookMs: number;
}

/** Where a service's decisions go, and while somebody develops also its answers. */
export interface DecisionFeed extends DecisionRecorder {
  answered(answer: AnswerRecord): void;
}

/** Logs decisions, and sends each to `url` too where there is one. Waits for nothing, and nothing depends on it. */
export function decisionFeed(service: string, url: string | undefined): DecisionFeed {
  const log = logDecisions();
  let underWay = 0;
  const send = async (record: DecisionRecord | AnswerRecord): Promise<void> => {
    if (url === undefined || underWay >= MAX_UNDER_WAY) return;
    underWay++;
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ service, ...record }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await answer.body?.cancel();
    } catch {
      // Nobody is watching.
    } finally {
      underWay--;
    }
  };
  return {
    record(decision) {
      log.record(decision);
      void send(decision);
    },
    answered(answer) {
      void send(answer);
    },
  };
}
