import { type LogLine } from './service.js';

/** What a service wrote about one decision: a request that it let in or refused, or a token that it sent. */
export interface Decision {
  readonly service: string;
  readonly direction: 'inbound' | 'outbound';
  readonly decision: 'allowed' | 'refused';
  readonly code?: string;
  readonly method?: string;
  readonly route?: string;
  readonly destination?: string;
  readonly caller?: string;
  readonly subject?: string;
  readonly audience?: string;
  readonly scopes?: readonly string[];
  readonly actors?: readonly string[];
  readonly bound?: boolean;
  /** Whether the call for the user is proven to the service that is called. */
  readonly proven?: boolean;
  readonly transactionId?: string;
}

/** Collects the decisions that the services log, and hands them out step by step. */
export class DecisionLog {
  #decisions: Decision[] = [];
  #mails: string[] = [];
  #wake: (() => void) | undefined;

  add(line: LogLine): void {
    if (isDecision(line.message)) this.#decisions.push({ ...line.message, service: line.service });
    if (isMail(line.message)) this.#mails.push(`"${line.message.subject}" to ${line.message.to.join(', ')}`);
    this.#wake?.();
  }

  /** The next decisions, as soon as there are `count`; those that came when the time is up. */
  async take(count: number): Promise<readonly Decision[]> {
    await this.#until(() => this.#decisions.length >= count);
    return this.#decisions.splice(0);
  }

  /** The next mail that herald's embedded SMTP sink received: subject and recipients. */
  async takeMail(): Promise<string | undefined> {
    await this.#until(() => this.#mails.length > 0);
    return this.#mails.shift();
  }

  async #until(holds: () => boolean, timeoutMs = 10_000): Promise<void> {
    const timeout = AbortSignal.timeout(timeoutMs);
    while (!holds() && !timeout.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timeout.addEventListener('abort', () => {
          resolve();
        });
      });
    }
  }
}

function isDecision(message: unknown): message is Omit<Decision, 'service'> {
  return typeof message === 'object' && message !== null && 'direction' in message && 'decision' in message;
}

interface ReceivedMail {
  readonly mail: 'received';
  readonly to: readonly string[];
  readonly subject: string;
}

function isMail(message: unknown): message is ReceivedMail {
  return typeof message === 'object' && message !== null && 'mail' in message && message.mail === 'received';
}
