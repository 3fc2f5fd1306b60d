import { Injectable } from '@nestjs/common';
import { Database, isUniqueViolation, Problem } from '@countersign/service-kit';
import { asc, eq, gt } from 'drizzle-orm';
import { type User, users } from './schema.js';

export interface NewUser {
  readonly name: string;
  readonly email: string;
  readonly role: User['role'];
}

/** The members that change; the others stay. A role never changes here. */
export interface UserChange {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

/** All queries on users. No access rules: those are on the routes. */
@Injectable()
export class UserStore {
  constructor(private readonly database: Database) {}

  async find(id: number): Promise<User | undefined> {
    const [user] = await this.database.orm.select().from(users).where(eq(users.id, id));
    return user;
  }

  /** Up to `limit` users in the order of their ids, from the first one after `after`. */
  async page(after: number, limit: number): Promise<readonly User[]> {
    return this.database.orm
      .select()
      .from(users)
      .where(gt(users.id, after))
      .orderBy(asc(users.id))
      .limit(limit);
  }

  /** @throws Problem `email_taken`, whatever the case of the letters. */
  async add(user: NewUser): Promise<User> {
    const [added] = await refuseTakenEmail(this.database.orm.insert(users).values(user).returning());
    if (added === undefined) throw new Error('the database returned no row for a new user');
    return added;
  }

  /** @throws Problem `email_taken`. */
  async change(id: number, change: UserChange): Promise<User | undefined> {
    const [changed] = await refuseTakenEmail(
      this.database.orm.update(users).set(change).where(eq(users.id, id)).returning(),
    );
    return changed;
  }
}

/** The unique index decides, not a look beforehand: two requests may come at once. */
async function refuseTakenEmail<Row>(query: PromiseLike<Row[]>): Promise<Row[]> {
  try {
    return await query;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Problem({ status: 409, code: 'email_taken', title: 'Another user has this e-mail address.' });
  }
}
