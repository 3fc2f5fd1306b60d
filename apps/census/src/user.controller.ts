import { ServerResponse } from 'node:http';
import { Body, Controller, Get, Inject, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { Authenticated, Policies, Roles, Scopes } from '@countersign/nestjs';
import { notFound, parseInput } from '@countersign/service-kit';
import { toCursor } from './cursor.js';
import type { User } from './schema.js';
import { SERVICE_URL } from './service-url.js';
import { newUserInput, pageInput, userChangeInput } from './user-input.js';
import { UserStore } from './user-store.js';
import { MayChangeUser, MaySeeUser } from './user.policies.js';
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

// A service that speaks for itself has no record here, and the roles in its token are only its own word.
@Authenticated('user')
@Controller('user')
export class UserController {
  constructor(
    private readonly store: UserStore,
    @Inject(SERVICE_URL) private readonly serviceUrl: string,
  ) {}

  @Get(':id')
  @Scopes('user:read')
  @Policies(MaySeeUser)
  async show(@Param('id') segment: string): Promise<UserView> {
    const id = parseUserId(segment);
    const user = id === undefined ? undefined : await this.store.find(id);
    if (user === undefined) throw notFound();
    return this.view(user);
  }

  @Get()
  @Scopes('user:read')
  @Roles('admin')
  async list(@Query() query: unknown): Promise<UserPage> {
    const { cursor, limit } = parseInput(pageInput, query);
    const found = await this.store.page(cursor ?? 0, limit + 1);
    const users = found.slice(0, limit);
    const last = found.length > limit ? users.at(-1) : undefined;
    return {
      items: users.map((user) => this.view(user)),
      next: last === undefined ? null : toCursor(last.id),
    };
  }

  @Post()
  @Scopes('user:write')
  @Roles('admin')
  async add(@Body() body: unknown, @Res({ passthrough: true }) response: ServerResponse): Promise<UserView> {
    const user = await this.store.add(parseInput(newUserInput, body));
    response.setHeader('Location', toUserUri(this.serviceUrl, user.id));
    return this.view(user);
  }

  @Patch(':id')
  @Scopes('user:write')
  @Policies(MayChangeUser)
  async change(@Param('id') segment: string, @Body() body: unknown): Promise<UserView> {
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
