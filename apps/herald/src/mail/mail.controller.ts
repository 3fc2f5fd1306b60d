import { IncomingMessage } from 'node:http';
import { Controller, Get, Req } from '@nestjs/common';
import { Public } from '@countersign/nestjs';
import { refuseStrangers } from '@countersign/service-kit';
import { MailServer } from './mail-server.js';

/** A mail that the embedded sink keeps. */
export interface MailView {
  readonly id: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly date: string | undefined;
}

/** Shows the mails in the embedded sink, newest first. For development, from this machine to this machine. */
@Public()
@Controller('development/mails')
export class MailController {
  constructor(private readonly mailServer: MailServer) {}

  @Get()
  list(@Req() request: IncomingMessage): readonly MailView[] {
    refuseStrangers(request, 'page');
    const mails = this.mailServer.sink?.received ?? [];
    return mails
      .map(({ messageId, from, to, subject, text, date }) => ({
        id: messageId ?? '',
        from: from?.address ?? '',
        to: (to ?? []).flatMap(({ address }) => address ?? []),
        subject: subject ?? '',
        text: text ?? '',
        date,
      }))
      .reverse();
  }
}
