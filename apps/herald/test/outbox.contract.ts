import type { Database } from '@countersign/service-kit';
import { NotificationStore } from '../src/notifications/notification-store.js';
import { Outbox } from '../src/outbox.js';
import type { Notification } from '../src/schema.js';

const SENDER = 'https://census.service/user/21/';

/** What holds for notifications and their mails on every database; `open` gives a new one, migrated. */
export function describeOutbox(open: () => Promise<Database>): void {
  let database: Database;
  let store: NotificationStore;
  let outbox: Outbox;

  beforeAll(async () => {
    database = await open();
    store = new NotificationStore(database);
    outbox = new Outbox(database);
  });

  afterAll(async () => {
    await database.close();
  });

  afterEach(async () => {
    for (const mail of await outbox.claim(1_000, 60)) await outbox.markSent(mail);
  });

  function add(idempotencyKey?: string, sender = SENDER): Promise<Notification> {
    const userUri = 'https://census.service/user/42/';
    return store.add({
      sender,
      idempotencyKey,
      userUri,
      type: 'welcome-message',
      name: 'Ada',
      email: 'ada@census.example',
    });
  }

  it('finds a stored notification, which is queued', async () => {
    const added = await add();
    expect(await store.find(added.id)).toEqual(added);
    expect(added).toMatchObject({ state: 'queued', attempts: 0, idempotencyKey: null });
    expect(await store.find('00000000-0000-4000-8000-000000000000')).toBeUndefined();
  });

  it('stores one notification when a sender uses a key twenty times at once', async () => {
    const stored = await Promise.all(Array.from({ length: 20 }, () => add('key-at-once')));
    expect(new Set(stored.map(({ id }) => id)).size).toBe(1);
    expect(await store.findByKey(SENDER, 'key-at-once')).toEqual(stored[0]);
  });

  it('stores two notifications when two senders use one key, or one sender uses none', async () => {
    const ids = await Promise.all([
      add('shared'),
      add('shared', 'https://census.service/user/7/'),
      add(),
      add(),
    ]);
    expect(new Set(ids.map(({ id }) => id)).size).toBe(4);
  });

  it('gives each due mail to one of many workers that ask at once', async () => {
    const added = await Promise.all(Array.from({ length: 30 }, () => add()));
    const batches = await Promise.all(Array.from({ length: 10 }, () => outbox.claim(4, 60)));
    const rest = await outbox.claim(100, 60);
    const claimed = [...batches, rest].flat().map(({ id }) => id);
    expect(claimed.toSorted()).toEqual(added.map(({ id }) => id).toSorted());
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(4);
  });

  it('gives a mail again when the lease of its worker has ended, and counts the attempts', async () => {
    const { id } = await add();
    expect(await outbox.claim(10, 0)).toMatchObject([{ id, attempts: 1 }]);
    expect(await outbox.claim(10, 60)).toMatchObject([{ id, attempts: 2 }]);
    expect(await outbox.claim(10, 60)).toEqual([]);
  });

  it('keeps a mail back until its delay is over', async () => {
    const { id } = await add();
    const [first] = await outbox.claim(10, 60);
    await outbox.retryAfter(first!, 3_600);
    expect(await outbox.claim(10, 60)).toEqual([]);
    await outbox.retryAfter(first!, 0);
    expect(await outbox.claim(10, 60)).toMatchObject([{ id, attempts: 2 }]);
  });

  it('does not let a worker whose lease was lost undo what another one does', async () => {
    const { id } = await add();
    const [stale] = await outbox.claim(10, 0);
    await outbox.claim(10, 60);
    await outbox.giveUp(stale!);
    await outbox.retryAfter(stale!, 0);
    expect(await outbox.claim(10, 60)).toEqual([]);
    expect(await store.find(id)).toMatchObject({ state: 'queued' });
  });

  it('never gives a mail again that was sent or given up', async () => {
    await Promise.all([add(), add()]);
    const [sent, failed] = await outbox.claim(10, 0);
    await outbox.markSent(sent!);
    await outbox.giveUp(failed!);
    expect(await outbox.claim(10, 0)).toEqual([]);
    expect(await store.find(sent!.id)).toMatchObject({ state: 'sent' });
    expect(await store.find(failed!.id)).toMatchObject({ state: 'failed' });
  });
}
