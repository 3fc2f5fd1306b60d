import { createTransport } from 'nodemailer';
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

/** Says whether the server refused this very mail or its addressee for good (a 5xx answer, RFC 5321 section 4.2.1). */
export function isRefusedForGood(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || !('responseCode' in error)) return false;
  const isAboutTheMail = error.code === 'EENVELOPE' || error.code === 'EMESSAGE';
  return isAboutTheMail && typeof error.responseCode === 'number' && error.responseCode >= 500;
}
