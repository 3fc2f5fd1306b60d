import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions } from 'smtp-server';

/** A mail server that keeps what it gets to itself: for a demo and for tests, no mail leaves the machine. */
export interface MailSink {
  readonly url: string;
  /** The last 100 mails, oldest first. */
  readonly received: readonly Email[];
  close(): Promise<void>;
}

export interface MailSinkOptions {
  /** Told of each mail before the client hears that it was taken; what it throws refuses the mail. */
  readonly onMail?: (mail: Email) => void;
  /** For tests that need a server with faults. */
  readonly server?: SMTPServerOptions;
}

const KEPT_MAILS = 100;

/** Starts a mail server on a free port of this machine. It offers neither encryption nor passwords. */
export async function startMailSink({ onMail, server: options }: MailSinkOptions = {}): Promise<MailSink> {
  const received: Email[] = [];
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: 1024 * 1024,
    onData: (stream, _session, done) => {
      receive(stream).then((mail) => done(null, mail), done);
    },
    ...options,
  });
  async function receive(stream: SMTPServerDataStream): Promise<string> {
    const mail = await PostalMime.parse(await buffer(stream));
    onMail?.(mail);
    received.push(mail);
    received.splice(0, received.length - KEPT_MAILS);
    return 'kept';
  }
  // A client that hangs up in the middle is its own affair.
  server.on('error', () => undefined);
  const listener = server.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `smtp://127.0.0.1:${String(portOf(listener.address()))}`,
    received,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

function portOf(address: ReturnType<SMTPServer['server']['address']>): number {
  if (typeof address !== 'object' || address === null)
    throw new Error('the mail sink does not listen on a port');
  return address.port;
}
