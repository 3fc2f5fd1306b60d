import { createTransport } from 'nodemailer';
import { z } from 'zod';
import type { Mail } from './mail.js';

/** Hands mails to a mail server. */
export interface MailSender {
  /** Resolves when the server has taken the mail. Rejects within `SEND_TIMEOUT_MS`. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

export interface MailSenderOptions {
  /** `smtp:` or `smtps:`, with credentials when the server asks for them. */
  readonly smtpUrl: string;
  /** The sender's address; its domain is also that of the message ids. */
  readonly from: string;
}

/** A lease on a mail must be longer than this, or two workers may send it. */
export const SEND_TIMEOUT_MS = 30_000;

/** An error of nodemailer that tells a 5xx reply, and to which command. */
const smtpRefusal = z.object({
  code: z.enum(['EENVELOPE', 'EMESSAGE']),
  command: z.string(),
  response: z.string().startsWith('5'),
});

export function createMailSender({ smtpUrl, from }: MailSenderOptions): MailSender {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return {
    async send({ id, to, subject, text, html }) {
      const signal = AbortSignal.timeout(SEND_TIMEOUT_MS);
      await transport.sendMail({ messageId: `<${id}@${domain}>`, from, to, subject, text, html, signal });
    },
    close() {
      transport.close();
    },
  };
}

/**
 * Replies that refuse herald, and not the mail: it has not logged in (RFC 4954 section 6), or a policy or its own address
 * as a sender is in the way (5.7.x, 5.1.7 and 5.1.8, RFC 3463 sections 3.2 and 3.8). Many servers say so at `RCPT TO` only.
 */
const REFUSES_HERALD = /^(503|53[0458])|^5\d\d[ -]5\.(7\.|1\.[78]\b)/;

/**
 * Says whether the server refused this very mail or its addressee for good: a 5xx answer (RFC 5321 section 4.2.1) to
 * `RCPT TO` or to the message. Where it refused herald, an operator can mend that, and the mail is worth keeping.
 */
export function isRefusedForGood(error: unknown): boolean {
  const refusal = smtpRefusal.safeParse(error).data;
  if (refusal === undefined || REFUSES_HERALD.test(refusal.response)) return false;
  return refusal.code === 'EMESSAGE' || refusal.command === 'RCPT TO';
}
