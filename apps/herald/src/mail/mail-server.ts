import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { MailConfig } from '../config.js';
import { createMailSender, type MailSender } from './mail-sender.js';
import { type MailSink, startMailSink } from './mail-sink.js';

/** Where herald's mails go: to a mail server, or to the embedded sink when none is configured. */
export class MailServer implements OnApplicationShutdown {
  private constructor(
    readonly sender: MailSender,
    readonly sink: MailSink | undefined,
  ) {}

  static async open({ smtpUrl, from }: MailConfig): Promise<MailServer> {
    if (smtpUrl !== undefined) return new MailServer(createMailSender({ smtpUrl, from }), undefined);
    const logger = new Logger('MailSink');
    const sink = await startMailSink({
      onMail: ({ to, subject }) =>
        logger.log({ mail: 'received', to: to?.map(({ address }) => address), subject }),
    });
    return new MailServer(createMailSender({ smtpUrl: sink.url, from }), sink);
  }

  get mode(): 'smtp' | 'embedded' {
    return this.sink === undefined ? 'smtp' : 'embedded';
  }

  async onApplicationShutdown(): Promise<void> {
    this.sender.close();
    await this.sink?.close();
  }
}
