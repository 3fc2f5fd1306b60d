import { Inject, Injectable } from '@nestjs/common';
import { notFound, parseInput } from '@countersign/service-kit';
import { toCursor } from './cursor.js';
import type { User } from './schema.js';
import { SERVICE_URL } from './service-url.js';
import { newUserInput, pageInput, userChangeInput } from './user-input.js';
import { UserStore } from './user-store.js';
import { parseUserId, toUserUri } from './user-uri.js';

/** What others see of a user. */
export interface UserView {
  readonly uri: string;
  readonly name: string;
  readonly email: string;
}

export interface UserPage {
  readonly items: readonly UserView[];
  /** The `cursor` of the next page; `null` on the last. */
  readonly next: string | null;
}

/** Answers the requests about users, whichever framework they come by. No access rules: those are on the routes. */
@Injectable()
export class Users {
  constructor(
    private readonly store: UserStore,
    @Inject(SERVICE_URL) private readonly serviceUrl: string,
  ) {}

  /** @throws Problem `not_found`. */
  async show(segment: string): Promise<UserView> {
    const id = parseUserId(segment);
    const user = id === undefined ? undefined : await this.store.find(id);
    if (user === undefined) throw notFound();
    return this.view(user);
  }

  /** @throws Problem `input_invalid`. */
  async list(query: unknown): Promise<UserPage> {
    const { cursor, limit } = parseInput(pageInput, query);
    const found = await this.store.page(cursor ?? 0, limit + 1);
    const users = found.slice(0, limit);
    const last = found.length > limit ? users.at(-1) : undefined;
    return {
      items: users.map((user) => this.view(user)),
      next: last === undefined ? null : toCursor(last.id),
    };
  }

  /** @throws Problem `input_invalid`, `email_taken`. */
  async add(body: unknown): Promise<UserView> {
    return this.view(await this.store.add(parseInput(newUserInput, body)));
  }

  /** @throws Problem `input_invalid`, `email_taken`, `not_found`. */
  async change(segment: string, body: unknown): Promise<UserView> {
    const change = parseInput(userChangeInput, body);
    const id = parseUserId(segment);
    const user = id === undefined ? undefined : await this.store.change(id, change);
    if (user === undefined) throw notFound();
    return this.view(user);
  }

  private view({ id, name, email }: User): UserView {
    return { uri: toUserUri(this.serviceUrl, id), name, email };
  }
}
