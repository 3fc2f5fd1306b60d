/** One request of an attempt, and what it was answered. */
export interface AttemptStep {
  /** `gateway`, `you`, or `intruder`: somebody on the way, or with a key that is not theirs. */
  readonly from: 'gateway' | 'you' | 'intruder';
  readonly to: 'herald' | 'census';
  readonly method: string;
  readonly path: string;
  /** What is done to it, in a sentence. */
  readonly says: string;
  readonly status: number;
  /** Of the refusal. */
  readonly code?: string;
  readonly title?: string;
  /** Of the refusal: stands in the record of the service that refused, too. */
  readonly instance?: string;
}

/** Something that must be refused, and what came of it. Holds no token. */
export interface Attempt {
  readonly name: string;
  readonly title: string;
  readonly steps: readonly AttemptStep[];
  /** The token of ours that somebody on the way got hold of, as decision records name it. */
  readonly caughtTokenIdHash?: string;
}

/** A request as it leaves. */
export interface Sending {
  readonly from: AttemptStep['from'];
  readonly to: AttemptStep['to'];
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly token: string;
  readonly body?: string;
  readonly says: string;
}

const TIMEOUT_MS = 5_000;

/** Sends it for real, and keeps of the answer what the page shows. */
export async function send({ from, to, url, method, token, body, says }: Sending): Promise<AttemptStep> {
  const answer = await fetch(url, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body !== undefined && { body }),
  });
  const content: unknown = await answer.json().catch(() => undefined);
  const step = { from, to, method, path: url.pathname, says, status: answer.status };
  return answer.ok ? step : { ...step, ...problemOf(content) };
}

function problemOf(content: unknown): Pick<AttemptStep, 'code' | 'title' | 'instance'> {
  if (typeof content !== 'object' || content === null) return {};
  const members = Object.entries(content).filter(([name]) => ['code', 'title', 'instance'].includes(name));
  return Object.fromEntries(members.map(([name, value]) => [name, String(value)]));
}
