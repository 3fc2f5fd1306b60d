import { EventEmitter, once } from 'node:events';
import { Logger } from '@nestjs/common';
import { type Database, openDatabase } from '@countersign/service-kit';
import { eq, sql } from 'drizzle-orm';
import type { SMTPServerOptions } from 'smtp-server';
import type { BackOff } from '../src/back-off.js';
import { createMailSender, type MailSender } from '../src/mail/mail-sender.js';
import { type MailSink, startMailSink } from '../src/mail/mail-sink.js';
import { MailWorker } from '../src/mail/mail-worker.js';
import { MIGRATIONS } from '../src/migrations.js';
import { NotificationStore } from '../src/notifications/notification-store.js';
import { Outbox } from '../src/outbox.js';
import { type Notification, notifications } from '../src/schema.js';

const DAY_SECONDS = 86_400;
const QUICK: BackOff = {
  firstDelaySeconds: 0.005,
  longestDelaySeconds: 0.01,
  giveUpAfterSeconds: 5 * DAY_SECONDS,
};

/** The refusals of a mail server, each as the reply to one command. */
const refuse = (responseCode: number, words: string) => Object.assign(new Error(words), { responseCode });
const refusingSender = (code: number, words: string): SMTPServerOptions => ({
  onMailFrom: (_address, _session, done) => done(refuse(code, words)),
});
const refusingAddress = (code: number, words: string): SMTPServerOptions => ({
  onRcptTo: (_address, _session, done) => done(refuse(code, words)),
});
const refusingMessage = (code: number, words: string): SMTPServerOptions => ({
  onData: (stream, _session, done) => {
    stream.resume().once('end', () => done(refuse(code, words)));
  },
});

describe('The mail worker', () => {
  let database: Database;
  let store: NotificationStore;
  let closeLater: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await openDatabase({ kind: 'memory' }, MIGRATIONS);
    store = new NotificationStore(database);
  });

  afterEach(async () => {
    for (const close of closeLater.toReversed()) await close();
    closeLater = [];
    await database.orm.delete(notifications);
  });

  afterAll(async () => {
    await database.close();
  });

  async function startSink(server?: SMTPServerOptions, onMail?: () => void): Promise<MailSink> {
    const sink = await startMailSink({ ...(server && { server }), ...(onMail && { onMail }) });
    closeLater.push(() => sink.close());
    return sink;
  }

  /** An outbox that tells when a mail has got its final state, or was put back. */
  function startWorker(
    smtpUrl: string,
    options: { backOff?: BackOff; pollMs?: number; stopMs?: number; sender?: MailSender } = {},
  ) {
    const settled = new EventEmitter();
    class WatchedOutbox extends Outbox {
      override async markSent(mail: Notification): Promise<void> {
        await super.markSent(mail);
        settled.emit('sent', mail.id);
      }
      override async giveUp(mail: Notification): Promise<void> {
        await super.giveUp(mail);
        settled.emit('failed', mail.id);
      }
      override async retryAfter(mail: Notification, delaySeconds: number): Promise<void> {
        await super.retryAfter(mail, delaySeconds);
        settled.emit('retried', mail.id);
      }
    }
    const sender = options.sender ?? createMailSender({ smtpUrl, from: 'welcome@herald.example' });
    const { backOff = QUICK, pollMs = 5, stopMs = 30_000 } = options;
    const times = { leaseSeconds: 60, pollMs, stopMs };
    const worker = new MailWorker(new WatchedOutbox(database), sender, { ...times, backOff });
    closeLater.push(
      () => sender.close(),
      () => worker.stop(),
    );
    worker.start();
    return { worker, settled };
  }

  function add(): Promise<Notification> {
    return store.add({
      sender: 'https://census.service/user/21/',
      idempotencyKey: undefined,
      userUri: 'https://census.service/user/42/',
      type: 'welcome-message',
      name: 'Ada',
      email: 'ada@census.example',
    });
  }

  it('sends a mail again that the server could not take at first', async () => {
    let failuresLeft = 2;
    const sink = await startSink({}, () => {
      if (failuresLeft-- > 0) throw Object.assign(new Error('try later'), { responseCode: 451 });
    });
    const { id } = await add();
    const { settled } = startWorker(sink.url);
    await once(settled, 'sent');
    expect(sink.received).toHaveLength(1);
    expect(await store.find(id)).toMatchObject({ state: 'sent', attempts: 3 });
  });

  it('sends a mail when the server is reachable again', async () => {
    const unused = await startMailSink();
    await unused.close();
    const { id } = await add();
    const { settled, worker } = startWorker(unused.url);
    await once(settled, 'retried');
    await worker.stop();
    const sink = await startSink();
    const second = startWorker(sink.url);
    await once(second.settled, 'sent');
    expect(await store.find(id)).toMatchObject({ state: 'sent' });
  });

  it('does not wait for ever when it is stopped while nobody answers', async () => {
    const asked = new EventEmitter();
    const sender: MailSender = {
      send() {
        asked.emit('send');
        return new Promise(() => undefined);
      },
      close: () => undefined,
    };
    await add();
    const isAsked = once(asked, 'send');
    const { worker } = startWorker('smtp://127.0.0.1:1', { sender, stopMs: 20 });
    await isAsked;
    await expect(worker.stop()).resolves.toBeUndefined();
  });

  it.each([
    ['retried', 'is not yet five days old', 5 * DAY_SECONDS - 600],
    ['failed', 'is five days old', 5 * DAY_SECONDS],
  ])('leaves a mail %s that no server took and that %s', async (outcome, _age, ageSeconds) => {
    const sink = await startSink(refusingMessage(451, 'try later'));
    const { id } = await add();
    const createdAt = sql`now() - make_interval(secs => ${ageSeconds})`;
    await database.orm.update(notifications).set({ createdAt }).where(eq(notifications.id, id));
    const { settled, worker } = startWorker(sink.url);
    await Promise.race([once(settled, 'retried'), once(settled, 'failed')]);
    await worker.stop();
    const state = outcome === 'failed' ? 'failed' : 'queued';
    expect(await store.find(id)).toMatchObject({ state });
  });

  it.each([
    ['its address', refusingAddress(550, 'no such mailbox')],
    ['its address with a status', refusingAddress(550, '5.1.1 no such mailbox')],
    ['its content', refusingMessage(554, 'this is no mail')],
  ])('gives a mail up at once when the server refuses %s for good', async (_case, server) => {
    const sink = await startSink(server);
    const { id } = await add();
    const { settled } = startWorker(sink.url);
    await once(settled, 'failed');
    expect(await store.find(id)).toMatchObject({ state: 'failed', attempts: 1 });
  });

  it.each([
    ['before herald has logged in', refusingSender(530, 'Authentication required')],
    ["herald's address as a sender", refusingSender(550, 'not allowed to send as this sender')],
    ['herald, which has not logged in, at the address', refusingAddress(530, 'Authentication required')],
    ['to relay for herald', refusingAddress(554, '5.7.1 Relay access denied')],
    ["herald's sender at the address", refusingAddress(550, '5.1.8 the domain of the sender is unknown')],
    ['what herald may send as', refusingMessage(550, '5.7.60 not allowed to send as this sender')],
  ])('keeps a mail when the server refuses %s, and sends it when that is mended', async (_case, server) => {
    const strict = await startSink(server);
    const { id } = await add();
    const { settled, worker } = startWorker(strict.url);
    await Promise.race([once(settled, 'retried'), once(settled, 'failed')]);
    await worker.stop();
    expect(await store.find(id)).toMatchObject({ state: 'queued' });
    const mended = await startSink();
    await once(startWorker(mended.url).settled, 'sent');
    expect(mended.received).toHaveLength(1);
  });

  it('does not wait for its next look when it is woken', async () => {
    const sink = await startSink();
    const { worker, settled } = startWorker(sink.url, { pollMs: 3_600_000 });
    await add();
    worker.wake();
    await once(settled, 'sent');
    expect(sink.received).toHaveLength(1);
  });

  it('shares the mails with other workers, each mail sent once', async () => {
    const sink = await startSink();
    const added = await Promise.all(Array.from({ length: 60 }, () => add()));
    const sent = new Set<string>();
    const workers = [startWorker(sink.url), startWorker(sink.url), startWorker(sink.url)];
    await new Promise<void>((resolve) => {
      for (const { settled } of workers) {
        settled.on('sent', (id: string) => {
          sent.add(id);
          if (sent.size === added.length) resolve();
        });
      }
    });
    expect(sink.received).toHaveLength(60);
    expect(new Set(sink.received.map(({ messageId }) => messageId)).size).toBe(60);
  });

  it('finishes the mail under way when it stops, and takes no other', async () => {
    const gate = new EventEmitter();
    const sending: string[] = [];
    const sender: MailSender = {
      async send({ id }) {
        sending.push(id);
        gate.emit('sending');
        await once(gate, 'go on');
      },
      close: () => undefined,
    };
    const { id } = await add();
    const { worker } = startWorker('', { sender });
    if (sending.length === 0) await once(gate, 'sending');
    const stopped = worker.stop();
    const late = await add();
    gate.emit('go on');
    await stopped;
    expect(sending).toEqual([id]);
    expect(await store.find(id)).toMatchObject({ state: 'sent' });
    expect(await store.find(late.id)).toMatchObject({ state: 'queued', attempts: 0 });
  });
});
