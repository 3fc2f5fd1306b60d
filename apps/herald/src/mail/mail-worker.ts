import { type BeforeApplicationShutdown, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { type BackOff, delayAfter } from '../back-off.js';
import type { Outbox } from '../outbox.js';
import type { Notification } from '../schema.js';
import { toMail } from './mail.js';
import { isRefusedForGood, type MailSender, SEND_TIMEOUT_MS } from './mail-sender.js';

export interface MailWorkerOptions {
  /** How long a claimed mail is this worker's; longer than any one attempt. */
  readonly leaseSeconds: number;
  /** How often the outbox is looked into when nothing wakes the worker. Default 1,000. */
  readonly pollMs?: number;
  /** How long `stop` waits for the mails under way. Default five seconds more than one may take to be sent. */
  readonly stopMs?: number;
  readonly backOff: BackOff;
}

const BATCH = 10;

/**
 * Sends the mails of the outbox, each at least once.
 *
 * It looks into the outbox when it is woken, and from time to time for mails that are due again or that
 * another worker left behind. Several workers may share one outbox.
 */
export class MailWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('MailWorker');
  private readonly pollMs: number;
  private running: Promise<void> | undefined;
  private stopping = false;
  private isWoken = false;
  private endIdling: () => void = () => undefined;

  constructor(
    private readonly outbox: Outbox,
    private readonly sender: MailSender,
    private readonly options: MailWorkerOptions,
  ) {
    this.pollMs = options.pollMs ?? 1_000;
  }

  start(): void {
    this.running ??= this.run();
  }

  /** There is a new mail: do not wait for the next look. */
  wake(): void {
    this.isWoken = true;
    this.endIdling();
  }

  /**
   * Takes no more mails, and resolves when those under way are sent or put back, or have taken too long: then they are
   * due again when their lease ends.
   */
  async stop(): Promise<void> {
    this.stopping = true;
    this.endIdling();
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.options.stopMs ?? SEND_TIMEOUT_MS + 5_000);
    });
    await Promise.race([this.running, tooLong]);
    clearTimeout(timer);
  }

  onApplicationBootstrap(): void {
    this.start();
  }

  /** Before the database closes. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.isWoken = false;
      const count = await this.sendBatch().catch((error: unknown) =>
        this.report('outbox_unavailable', error),
      );
      if (count === 0) await this.idle();
    }
  }

  private async sendBatch(): Promise<number> {
    const mails = await this.outbox.claim(BATCH, this.options.leaseSeconds);
    const outcomes = await Promise.allSettled(mails.map((mail) => this.deliver(mail)));
    // What could not be written down is due again when its lease ends.
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') this.report('outbox_unavailable', outcome.reason);
    }
    return outcomes.filter(({ status }) => status === 'fulfilled').length;
  }

  private async deliver(claimed: Notification): Promise<void> {
    try {
      await this.sender.send(toMail(claimed));
    } catch (error) {
      await this.putBack(claimed, error);
      return;
    }
    await this.outbox.markSent(claimed);
  }

  private async putBack(claimed: Notification, error: unknown): Promise<void> {
    const { attempts, id } = claimed;
    const { backOff } = this.options;
    if (isRefusedForGood(error) || ageSeconds(claimed) >= backOff.giveUpAfterSeconds) {
      this.logger.error({ code: 'mail_failed', notification: id, attempts, reason: reasonOf(error) });
      await this.outbox.giveUp(claimed);
      return;
    }
    this.logger.warn({ code: 'mail_retried', notification: id, attempts, reason: reasonOf(error) });
    await this.outbox.retryAfter(claimed, delayAfter(attempts, backOff, Math.random()));
  }

  private report(code: string, error: unknown): 0 {
    this.logger.error({ code, reason: reasonOf(error) });
    return 0;
  }

  private idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isWoken || this.stopping) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, this.pollMs);
      this.endIdling = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** How old a claimed mail is at the end of its lease, by the database's time. */
function ageSeconds({ createdAt, nextAttemptAt }: Notification): number {
  return (nextAttemptAt.getTime() - createdAt.getTime()) / 1_000;
}

/** The system's or the protocol's code only: a server's own words may repeat the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return 'responseCode' in error ? `${code} ${String(error.responseCode)}` : code;
}
