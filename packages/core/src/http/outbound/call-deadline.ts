import { CountersignError } from '../../errors.js';
import { systemClock } from '../../clock.js';

export interface CallDeadlineOptions {
  /** What the destination, or the application for this call, lets the answer take. */
  readonly timeoutMs: number;
  /** What is left of the time that our own caller waits; undefined when nobody said. */
  readonly remainingMs: number | undefined;
  /** The application's own signal. */
  readonly signal: AbortSignal | undefined;
}

/** How long one call may take, its token and its retry included: the time-outs and the application's signal as one. */
export class CallDeadline {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly #timeout: AbortSignal;
  readonly #endsAt: number;
  readonly #isInherited: boolean;

  /** @throws CountersignError `deadline_exceeded` when nobody waits for the answer any more. */
  constructor({ timeoutMs, remainingMs = Infinity, signal }: CallDeadlineOptions) {
    this.timeoutMs = Math.floor(Math.min(timeoutMs, remainingMs));
    this.#isInherited = remainingMs < timeoutMs;
    if (this.timeoutMs < 1) throw exceeded();
    this.#endsAt = nowMs() + this.timeoutMs;
    this.#timeout = AbortSignal.timeout(this.timeoutMs);
    this.signal = signal === undefined ? this.#timeout : AbortSignal.any([this.#timeout, signal]);
  }

  /** What is left, in whole milliseconds: at least 1. */
  get remainingMs(): number {
    return Math.max(1, Math.floor(this.#endsAt - nowMs()));
  }

  /**
   * Waits for something as long as there is time.
   * @throws CountersignError `deadline_exceeded`; the signal's reason when the application or the destination ended it.
   */
  async within<T>(waiting: Promise<T>): Promise<T> {
    let stop: (() => void) | undefined;
    const ended = new Promise<never>((_, reject) => {
      stop = () => reject(this.reason());
      this.signal.addEventListener('abort', stop, { once: true });
      if (this.signal.aborted) stop();
    });
    try {
      return await Promise.race([waiting, ended]);
    } finally {
      if (stop !== undefined) this.signal.removeEventListener('abort', stop);
    }
  }

  /** Why the call ended, once its signal says that it did. */
  reason(): Error {
    if (this.#timeout.aborted && this.signal.reason === this.#timeout.reason) {
      if (this.#isInherited) return exceeded();
      return new DOMException(`no answer within ${String(this.timeoutMs)} ms: timeout`, 'TimeoutError');
    }
    const { reason } = this.signal as { readonly reason: unknown };
    return reason instanceof Error ? reason : new DOMException('the call was aborted', 'AbortError');
  }
}

function exceeded(): CountersignError {
  return new CountersignError('deadline_exceeded', 'the caller of this request waits no longer', {
    retryAfterSeconds: 1,
  });
}

/** Not by `performance`, which a test may have faked: the signal's own time is not. */
function nowMs(): number {
  return systemClock.monotonic() * 1000;
}
