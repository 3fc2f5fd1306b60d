import { Database } from '@countersign/service-kit';
import { UserStore } from '../src/user-store.js';

/** What holds for users on every database; `open` gives a new one, migrated. */
export function describeUserStore(open: () => Promise<Database>): void {
  let database: Database;
  let store: UserStore;

  beforeAll(async () => {
    database = await open();
    store = new UserStore(database);
  });

  afterAll(async () => {
    await database.close();
  });

  it('starts with two customers, a support agent and an administrator', async () => {
    expect(await store.page(0, 10)).toEqual([
      expect.objectContaining({ id: 7, role: 'admin' }),
      expect.objectContaining({ id: 21, role: 'support' }),
      expect.objectContaining({ id: 42, role: 'customer', name: 'Census User' }),
      expect.objectContaining({ id: 63, role: 'customer' }),
    ]);
  });

  it('gives the users after an id, and no more than asked for', async () => {
    expect((await store.page(7, 1)).map(({ id }) => id)).toEqual([21]);
    expect(await store.page(2_147_483_647, 10)).toEqual([]);
  });

  it('gives a new user an id that no first user has', async () => {
    const user = await store.add({ name: 'Ada', email: 'ada@census.example', role: 'customer' });
    expect(user.id).toBeGreaterThanOrEqual(100);
    expect(await store.find(user.id)).toEqual(user);
  });

  it('finds nobody under an id that nobody has', async () => {
    expect(await store.find(2_147_483_647)).toBeUndefined();
  });

  it('changes the members that are given and keeps the others', async () => {
    const { id } = await store.add({ name: 'Grace', email: 'grace@census.example', role: 'support' });
    expect(await store.change(id, { name: 'Grace H.' })).toEqual({
      id,
      name: 'Grace H.',
      email: 'grace@census.example',
      role: 'support',
    });
    expect(await store.change(2_147_483_647, { name: 'Nobody' })).toBeUndefined();
  });

  it('refuses an e-mail address that another user has, whatever the case of its letters', async () => {
    await expect(
      store.add({ name: 'Double', email: 'USER@census.example', role: 'customer' }),
    ).rejects.toMatchObject({ code: 'email_taken' });
    await expect(store.change(21, { email: 'User@Census.Example' })).rejects.toMatchObject({
      code: 'email_taken',
    });
    expect((await store.find(21))?.email).toBe('support@census.example');
  });

  it('lets one of twenty users who take the same address at once have it', async () => {
    const attempts = Array.from({ length: 20 }, () =>
      store.add({ name: 'Racer', email: 'racer@census.example', role: 'customer' }),
    );
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
}
